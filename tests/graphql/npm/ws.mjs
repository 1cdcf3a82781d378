// The client of graphql-ws, and bare sockets for what no client does: the rules of
// its PROTOCOL.md.

import { CloseCode, createClient } from "graphql-ws";
import WebSocket from "ws";

import { assert, check, finish, WS_URL_OF } from "./checks.mjs";

const url = WS_URL_OF("/graphql");
const PROTOCOL = "graphql-transport-ws";

function client(options = {}) {
  return createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

async function results(query, options, variables) {
  const found = [];
  const made = client(options);
  for await (const result of made.iterate({ query, variables })) found.push(result);
  await made.dispose();
  return found;
}

// A socket whose messages and close can be awaited one by one.
class Socket {
  constructor(path = "/graphql", protocols = PROTOCOL, options = {}) {
    this.socket = new WebSocket(WS_URL_OF(path), protocols, options);
    this.received = [];
    this.waiting = [];
    this.opened = new Promise((resolve, reject) => {
      this.socket.on("open", resolve);
      this.socket.on("error", reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve([code, String(reason)]));
    });
    this.socket.on("message", (data) => {
      const message = JSON.parse(data);
      const waiting = this.waiting.shift();
      waiting ? waiting(message) : this.received.push(message);
    });
  }

  send(message) {
    this.socket.send(typeof message === "object" ? JSON.stringify(message) : message);
  }

  next() {
    const received = this.received.shift();
    if (received) return Promise.resolve(received);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  subscribe(id, query, members = {}) {
    this.send({ id, type: "subscribe", payload: { query, ...members } });
  }

  async closesWith(code, reason) {
    assert.deepEqual(await this.closed, [code, reason]);
  }

  // That nothing else has come: what is asked for now is answered next.
  async isQuiet() {
    this.send({ type: "ping", payload: { quiet: true } });
    assert.deepEqual(await this.next(), { type: "pong", payload: { quiet: true } });
  }

  end() {
    this.socket.terminate();
  }
}

async function open(...args) {
  const socket = new Socket(...args);
  await socket.opened;
  return socket;
}

async function acknowledged(...args) {
  const socket = await open(...args);
  socket.send({ type: "connection_init" });
  assert.equal((await socket.next()).type, "connection_ack");
  return socket;
}

check("client: a query", async () => {
  assert.deepEqual(await results("{ hello }"), [{ data: { hello: "hello world" } }]);
});

check("client: a mutation with variables", async () => {
  const query = "mutation ($a: Int!) { add(a: $a, b: 2) }";
  assert.deepEqual(await results(query, {}, { a: 40 }), [{ data: { add: 42 } }]);
});

check("client: a subscription", async () => {
  const found = await results("subscription { count(to: 3) }");
  assert.deepEqual(found.map((result) => result.data.count), [1, 2, 3]);
});

check("client: an error of a field", async () => {
  const [result] = await results("{ failing hello }");
  assert.equal(result.errors[0].message, "Unexpected error.");
  assert.deepEqual(result.data, { failing: null, hello: "hello world" });
});

check("client: a subscription that fails later", async () => {
  const found = await results("subscription { count(to: 1, failing: true) }");
  assert.equal(found[0].data.count, 1);
  assert.equal(found[1].errors[0].message, "Lost count");
});

for (const [what, query] of [
  ["syntax error", "{"],
  ["document that is not valid", "{ nothing }"],
  ["operation that is not there", "query A { hello } query B { hello }"],
]) {
  check(`client: a ${what} ends in errors`, async () => {
    await assert.rejects(results(query), (errors) => {
      assert.ok(Array.isArray(errors), `${errors}`);
      assert.equal(typeof errors[0].message, "string");
      return true;
    });
  });
}

check("client: a subscription that is refused is a result with errors", async () => {
  const [result, ...others] = await results("subscription { refused }");
  assert.equal(result.errors[0].message, "No subscription for you");
  assert.deepEqual(others, []);
});

check("client: many at once on one connection", async () => {
  const made = client({ lazyCloseTimeout: 1000 });
  const query = (document) => made.iterate({ query: document }).next();
  const found = await Promise.all([
    query("{ slow }"),
    query("{ hello }"),
    query("subscription { count(to: 1) }"),
    query("mutation { add(a: 1, b: 2) }"),
  ]);
  assert.deepEqual(
    found.map(({ value }) => value.data),
    [{ slow: "slow" }, { hello: "hello world" }, { count: 1 }, { add: 3 }],
  );
  await made.dispose();
});

check("client: stopping a subscription", async () => {
  const made = client();
  const iterator = made.iterate({ query: 'subscription { forever(key: "ws-stop") }' });
  assert.equal((await iterator.next()).value.data.forever, 1);
  await iterator.return();
  await made.dispose();
});

check("client: what it says and hears when it connects", async () => {
  let acknowledgement;
  const on = { connected: (_, payload) => (acknowledgement = payload) };
  await results("{ hello }", { connectionParams: { token: "right" }, on });
  assert.deepEqual(acknowledgement, { welcome: { token: "right" } });
});

check("client: a connection that is refused", async () => {
  const refused = results("{ hello }", { connectionParams: { token: "wrong" } });
  await assert.rejects(refused, { code: CloseCode.Forbidden, reason: "Forbidden" });
});

check("client: its pings are answered", async () => {
  const made = client({ lazy: false, keepAlive: 10 });
  await new Promise((resolve) => made.on("pong", (received) => received && resolve()));
  await made.dispose();
});

check("4406: no protocol in common", async () => {
  // None at all: if it has asked for one, ws itself hangs up without it.
  const socket = await open("/graphql", []);
  await socket.closesWith(4406, "Subprotocol not acceptable");
});

check("the first protocol that both know", async () => {
  const socket = await open("/graphql", ["unknown", PROTOCOL]);
  assert.equal(socket.socket.protocol, PROTOCOL);
  socket.end();
});

check("4408: no initialisation in time", async () => {
  const socket = await open("/impatient");
  await socket.closesWith(4408, "Connection initialisation timeout");
});

check("4429: two initialisations", async () => {
  const socket = await acknowledged();
  socket.send({ type: "connection_init" });
  await socket.closesWith(4429, "Too many initialisation requests");
});

check("4401: an operation before the acknowledgement", async () => {
  const socket = await open();
  socket.subscribe("1", "{ hello }");
  await socket.closesWith(4401, "Unauthorized");
});

check("4403: refused by the program", async () => {
  const socket = await open();
  socket.send({ type: "connection_init", payload: { token: "wrong" } });
  await socket.closesWith(4403, "Forbidden");
});

const MALFORMED = {
  "no JSON": "{",
  "no object": '"text"',
  null: "null",
  "an array": "[]",
  "brackets without end": "[".repeat(100000),
  "an unknown type": '{"type":"unknown"}',
  "a type that is no text": '{"type":1}',
  "no type": "{}",
  "a message of the server": '{"type":"connection_ack"}',
  "an initialisation with a payload that is no object":
    '{"type":"connection_init","payload":"text"}',
  "a ping with a payload that is no object": '{"type":"ping","payload":1}',
  "an operation without id": '{"type":"subscribe","payload":{"query":"{ hello }"}}',
  "an operation with an empty id":
    '{"id":"","type":"subscribe","payload":{"query":"{ hello }"}}',
  "an id that is no text":
    '{"id":1,"type":"subscribe","payload":{"query":"{ hello }"}}',
  "an operation without payload": '{"id":"1","type":"subscribe"}',
  "an operation without query": '{"id":"1","type":"subscribe","payload":{}}',
  "a query that is no text": '{"id":"1","type":"subscribe","payload":{"query":1}}',
  "variables that are no object":
    '{"id":"1","type":"subscribe","payload":{"query":"{ hello }","variables":""}}',
  "an operationName that is no text":
    '{"id":"1","type":"subscribe","payload":{"query":"{ hello }","operationName":1}}',
  "extensions that are no object":
    '{"id":"1","type":"subscribe","payload":{"query":"{ hello }","extensions":1}}',
  "a completion without id": '{"type":"complete"}',
};

for (const [what, message] of Object.entries(MALFORMED)) {
  check(`4400: ${what}`, async () => {
    const socket = message.includes("connection_init")
      ? await open()
      : await acknowledged();
    socket.send(message);
    const [code, reason] = await socket.closed;
    assert.equal(code, CloseCode.BadRequest, reason);
    assert.ok(reason);
  });
}

check("4400: bytes in place of text", async () => {
  const socket = await acknowledged();
  socket.socket.send(Buffer.from([0xff, 0x00]));
  assert.equal((await socket.closed)[0], CloseCode.BadRequest);
});

check("4409: an id that is in use, whatever it is used for", async () => {
  for (const query of ['{ patient(key: "ws") }', "subscription { count(to: 1) }"]) {
    const socket = await acknowledged();
    socket.subscribe("1", 'subscription { forever(key: "ws-twice") }');
    await socket.next();
    socket.subscribe("1", query);
    await socket.closesWith(4409, "Subscriber for 1 already exists");
  }
});

check("an id may be used again at once", async () => {
  const socket = await acknowledged();
  for (const _ of [1, 2, 3]) {
    socket.subscribe("1", "{ hello }");
    const next = { id: "1", type: "next", payload: { data: { hello: "hello world" } } };
    assert.deepEqual(await socket.next(), next);
    assert.deepEqual(await socket.next(), { id: "1", type: "complete" });
  }
  socket.end();
});

check("an id may be used again after it was completed by the client", async () => {
  const socket = await acknowledged();
  socket.subscribe("1", 'subscription { forever(key: "ws-again") }');
  assert.equal((await socket.next()).type, "next");
  socket.send({ id: "1", type: "complete" });
  socket.subscribe("1", "{ hello }");
  assert.deepEqual((await socket.next()).payload, { data: { hello: "hello world" } });
  assert.deepEqual(await socket.next(), { id: "1", type: "complete" });
  socket.end();
});

check("an id after an error is free, and nothing follows the error", async () => {
  const socket = await acknowledged();
  socket.subscribe("1", "{ nothing }");
  const message = await socket.next();
  assert.deepEqual(Object.keys(message).sort(), ["id", "payload", "type"]);
  assert.equal(message.type, "error");
  assert.ok(Array.isArray(message.payload));
  await socket.isQuiet();
  socket.subscribe("1", "{ hello }");
  assert.equal((await socket.next()).type, "next");
  socket.end();
});

check("the result of a query that was stopped is not sent", async () => {
  const socket = await acknowledged();
  socket.subscribe("1", '{ gated(key: "ws-stopped") }');
  socket.send({ id: "1", type: "complete" });
  socket.subscribe("2", 'mutation { open(key: "ws-stopped") }');
  assert.equal((await socket.next()).id, "2");
  assert.deepEqual(await socket.next(), { id: "2", type: "complete" });
  await socket.isQuiet();
  socket.subscribe("3", '{ gated(key: "ws-stopped") }');
  assert.deepEqual((await socket.next()).payload, { data: { gated: "gated" } });
  socket.end();
});

check("a completion of what is over, or never was, is nothing", async () => {
  const socket = await acknowledged();
  socket.subscribe("1", "{ hello }");
  await socket.next();
  await socket.next();
  socket.send({ id: "1", type: "complete" });
  socket.send({ id: "none", type: "complete" });
  await socket.isQuiet();
  socket.end();
});

check("a slow operation does not hold up another", async () => {
  const socket = await acknowledged();
  socket.subscribe("slow", 'query { patient(key: "ws-slow") }');
  socket.subscribe("fast", "{ hello }");
  assert.equal((await socket.next()).id, "fast");
  assert.deepEqual(await socket.next(), { id: "fast", type: "complete" });
  socket.end();
});

check("pings are answered before the initialisation, with their payload", async () => {
  const socket = await open();
  socket.send({ type: "ping" });
  assert.deepEqual(await socket.next(), { type: "pong" });
  socket.send({ type: "ping", payload: { a: 1 } });
  assert.deepEqual(await socket.next(), { type: "pong", payload: { a: 1 } });
  socket.end();
});

check("a pong that nobody asked for is nothing", async () => {
  const socket = await acknowledged();
  socket.send({ type: "pong" });
  socket.send({ type: "pong", payload: { a: 1 } });
  await socket.isQuiet();
  socket.end();
});

check("members that are null are absent", async () => {
  const socket = await acknowledged();
  const members = { variables: null, operationName: null, extensions: null };
  socket.subscribe("1", "{ hello }", members);
  assert.equal((await socket.next()).type, "next");
  socket.end();
});

check("no more operations than allowed at once", async () => {
  const socket = await acknowledged();
  for (const id of ["1", "2", "3", "4", "5", "6"]) {
    socket.subscribe(id, 'query { patient(key: "ws-many") }');
  }
  const message = await socket.next();
  assert.deepEqual([message.id, message.type], ["6", "error"]);
  socket.end();
});

check("a page of another origin is refused", async () => {
  const headers = { origin: "https://evil.example" };
  const socket = new Socket("/graphql", PROTOCOL, { headers });
  await assert.rejects(socket.opened, /403/);
});

check("a page of the same origin is not", async () => {
  const headers = { origin: WS_URL_OF("/").replace(/^ws/, "http").slice(0, -1) };
  const socket = await acknowledged("/graphql", PROTOCOL, { headers });
  socket.end();
});

check("a client that goes ends what it has started", async () => {
  const socket = await acknowledged();
  socket.subscribe("1", '{ patient(key: "ws-gone-query") }');
  socket.subscribe("2", 'subscription { forever(key: "ws-gone") }');
  assert.equal((await socket.next()).id, "2");
  socket.end();
});

check("the older protocol, where it is on", async () => {
  const socket = await open("/legacy", "graphql-ws");
  socket.send({ type: "connection_init", payload: {} });
  assert.equal((await socket.next()).type, "connection_ack");
  const payload = { query: "subscription { count(to: 2) }" };
  socket.send({ id: "1", type: "start", payload });
  const found = [];
  while (found.at(-1)?.type !== "complete") {
    const message = await socket.next();
    if (message.type !== "ka") found.push(message);
  }
  assert.deepEqual(
    found.map(({ id, type, payload }) => [id, type, payload?.data?.count]),
    [
      ["1", "data", 1],
      ["1", "data", 2],
      ["1", "complete", undefined],
    ],
  );
  socket.end();
});

await finish();
