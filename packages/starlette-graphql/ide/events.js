// Server-sent events of a response: WHATWG HTML, section 9.2.6.  `EventSource` knows
// no POST and no headers.

/**
 * @param {ReadableStream<Uint8Array>} body
 * @yields {{event: string, data: string}}
 */
export async function* readEvents(body) {
  let event = "";
  let data = [];
  for await (const line of readLines(body)) {
    if (line === "") {
      if (event || data.length) {
        yield { event: event || "message", data: data.join("\n") };
      }
      event = "";
      data = [];
      continue;
    }
    const [, field, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line);
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    // Comments have no name, and nothing here resumes: `id` and `retry` say nothing.
  }
}

async function* readLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // A carriage return at the end may be half of a line break.
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    yield* lines;
  }
}
