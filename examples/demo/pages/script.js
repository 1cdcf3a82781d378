// Three forms that HTML alone cannot send: JSON, a Range header, a WebSocket.
"use strict";

// Calls `send` with the form's text field, and shows what it returns.
function onSubmit(id, send) {
  const form = document.getElementById(id);
  if (!form) return;
  const field = form.querySelector("input, textarea");
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      output.textContent = await send(field.value);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}

onSubmit("json-form", async (text) => {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/json", { method: "POST", headers, body: text });
  if (!answer.ok) return `${answer.status}: this is not JSON`;
  return answer.text();
});

onSubmit("range-form", async (range) => {
  const answer = await fetch("/source", { headers: { Range: range }, cache: "no-store" });
  const where = answer.headers.get("Content-Range") || "no Content-Range";
  return `${answer.status}, ${where}\n\n${await answer.text()}`;
});

// One connection, opened by the first message and kept for the next ones.
let socket = null;
onSubmit("echo-form", async (text) => {
  if (!socket || socket.readyState > WebSocket.OPEN) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/echo`);
    await new Promise((opened, failed) => {
      socket.onopen = opened;
      socket.onerror = () => failed(new Error("The WebSocket could not be opened."));
    });
  }
  return new Promise((received, failed) => {
    socket.onmessage = (event) => received(event.data);
    socket.onclose = () => failed(new Error("The WebSocket was closed."));
    socket.send(text);
  });
});
