// The client of graphql-sse in its distinct connections mode, and what its
// PROTOCOL.md says of the bytes on the wire.

import { createClient } from "graphql-sse";

import { assert, check, finish, URL_OF } from "./checks.mjs";

const url = URL_OF("/graphql");

function client(options = {}) {
  return createClient({ url, retryAttempts: 0, ...options });
}

async function results(query, variables) {
  const found = [];
  const made = client();
  for await (const result of made.iterate({ query, variables })) found.push(result);
  made.dispose();
  return found;
}

function ask(members, { method = "POST", accept = "text/event-stream", signal } = {}) {
  if (method === "GET") {
    const address = new URL(url);
    for (const [name, value] of Object.entries(members)) {
      address.searchParams.set(name, value);
    }
    return fetch(address, { headers: { accept }, signal });
  }
  return fetch(url, {
    method,
    headers: { accept, "content-type": "application/json" },
    body: JSON.stringify(members),
    signal,
  });
}

// What comes, without the comments that keep the connection alive.
function events(text) {
  return text
    .split("\n\n")
    .filter((block) => block && !block.startsWith(":"))
    .map((block) => {
      const lines = block.split("\n").map((line) => line.split(/: ?(.*)/s, 2));
      const { event, data } = Object.fromEntries(lines);
      return [event, data ? JSON.parse(data) : data];
    });
}

check("client: a query", async () => {
  assert.deepEqual(await results("{ hello }"), [{ data: { hello: "hello world" } }]);
});

check("client: a mutation with variables", async () => {
  const found = await results("mutation ($a: Int!) { add(a: $a, b: 2) }", { a: 40 });
  assert.deepEqual(found, [{ data: { add: 42 } }]);
});

check("client: a subscription", async () => {
  const found = await results("subscription { count(to: 3) }");
  assert.deepEqual(found.map((result) => result.data.count), [1, 2, 3]);
});

check("client: a subscription that fails later", async () => {
  const found = await results("subscription { count(to: 1, failing: true) }");
  assert.equal(found[0].data.count, 1);
  assert.equal(found[1].errors[0].message, "Lost count");
});

for (const [what, query] of [
  ["syntax error", "{"],
  ["document that is not valid", "{ nothing }"],
  ["subscription that is refused", "subscription { refused }"],
]) {
  check(`client: a ${what} is a result with errors`, async () => {
    const [result, ...others] = await results(query);
    assert.equal(typeof result.errors[0].message, "string");
    assert.ok(!("data" in result) || result.data === null);
    assert.deepEqual(others, []);
  });
}

check("client: stopping a subscription", async () => {
  const made = client();
  const query = 'subscription { forever(key: "sse-stop") }';
  const iterator = made.iterate({ query });
  assert.equal((await iterator.next()).value.data.forever, 1);
  await iterator.return();
  made.dispose();
});

check("client: several at once", async () => {
  const found = await Promise.all([
    results("{ slow }"),
    results("subscription { count(to: 1) }"),
    results("{ hello }"),
  ]);
  assert.deepEqual(
    found.map(([result]) => result.data),
    [{ slow: "slow" }, { count: 1 }, { hello: "hello world" }],
  );
});

for (const method of ["GET", "POST"]) {
  check(`${method}: events on the wire`, async () => {
    const query = "subscription { count(to: 2) }";
    const response = await ask({ query }, { method });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/event-stream/);
    assert.match(response.headers.get("cache-control"), /no-cache|no-store/);
    assert.deepEqual(events(await response.text()), [
      ["next", { data: { count: 1 } }],
      ["next", { data: { count: 2 } }],
      ["complete", ""],
    ]);
  });
}

check("GET: variables in the URL", async () => {
  const query = "subscription ($to: Int!) { count(to: $to) }";
  const response = await ask({ query, variables: '{"to":1}' }, { method: "GET" });
  assert.deepEqual(events(await response.text())[0], ["next", { data: { count: 1 } }]);
});

check("GET: no mutations", async () => {
  const members = { query: "mutation { add(a: 1, b: 2) }" };
  const response = await ask(members, { method: "GET" });
  assert.equal(response.status, 405);
  assert.match(response.headers.get("allow"), /POST/);
});

check("a request that is none is an error of HTTP", async () => {
  const response = await ask({ query: 1 });
  assert.equal(response.status, 400);
  assert.ok((await response.json()).errors);
});

check("a subscription for who accepts no stream", async () => {
  const members = { query: "subscription { count(to: 1) }" };
  const response = await ask(members, { accept: "application/json" });
  assert.equal(response.status, 406);
  assert.ok((await response.json()).errors);
});

check("a client that goes ends what it has started", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const query = 'subscription { forever(key: "sse-gone") }';
  const response = await ask({ query }, { signal });
  const { value } = await response.body.getReader().read();
  assert.ok(value.length);
  controller.abort();
});

await finish();
