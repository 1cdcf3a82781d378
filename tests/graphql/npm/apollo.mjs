// Apollo Client: queries, uploads, batches, persisted queries, subscriptions over
// multipart and WebSockets, @defer and @stream.

import { createHash } from "node:crypto";
import * as buffer from "node:buffer";

import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  NetworkStatus,
} from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { assert, check, finish, URL_OF, WS_URL_OF } from "./checks.mjs";

// A global since Node 20.
globalThis.File ??= buffer.File;

const uri = URL_OF("/graphql");
const HAS_INCREMENTAL = process.argv[3] === "incremental";
const PREFLIGHT = { "apollo-require-preflight": "true" };

// Which requests were made, and how.
const requests = [];
const recorded = async (address, options) => {
  const response = await fetch(address, options);
  requests.push([options.method, response.status]);
  return response;
};

function apollo(link, options = {}) {
  return new ApolloClient({ link, cache: new InMemoryCache(), ...options });
}

const plain = (options) => apollo(new HttpLink({ uri }), options);
const uploading = (options) =>
  apollo(new UploadHttpLink({ uri, headers: PREFLIGHT, ...options }));

async function all(observable) {
  const found = [];
  await new Promise((resolve, reject) => {
    observable.subscribe({
      next: (value) => found.push(value),
      error: reject,
      complete: resolve,
    });
  });
  return found;
}

check("a query", async () => {
  const { data } = await plain().query({ query: gql`{ hello(name: "Apollo") }` });
  assert.deepEqual(data, { hello: "hello Apollo" });
});

check("a query by GET", async () => {
  const link = new HttpLink({ uri, useGETForQueries: true, fetch: recorded });
  const query = gql`query Q($name: String) { hello(name: $name) }`;
  const { data } = await apollo(link).query({ query, variables: { name: "ü & 1" } });
  assert.deepEqual(data, { hello: "hello ü & 1" });
  assert.deepEqual(requests.pop(), ["GET", 200]);
});

check("an error that was meant to be read", async () => {
  const asked = plain().query({ query: gql`{ forbidden }` });
  await assert.rejects(asked, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
    assert.equal(error.errors[0].message, "Not for you");
    assert.deepEqual(error.errors[0].extensions, { code: "FORBIDDEN" });
    return true;
  });
});

const KEEP = gql`mutation ($file: Upload!) { keep(file: $file) { name type size text } }`;

check("an upload", async () => {
  const file = new File(["héllo"], "grüße.txt", { type: "text/plain" });
  const { data } = await uploading().mutate({ mutation: KEEP, variables: { file } });
  const { __typename, ...kept } = data.keep;
  assert.deepEqual(kept, {
    name: "grüße.txt",
    type: "text/plain",
    size: 6,
    text: "héllo",
  });
});

check("an upload of three megabytes", async () => {
  const file = new Blob(["x".repeat(3_000_000)]);
  const { data } = await uploading().mutate({ mutation: KEEP, variables: { file } });
  assert.equal(data.keep.size, 3_000_000);
});

check("several uploads, one of them twice", async () => {
  const [a, b] = [new File(["a"], "a.txt"), new File(["bb"], "b.txt")];
  const { data } = await uploading().mutate({
    mutation: gql`mutation ($files: [Upload!]!) { keepAll(files: $files) { name size } }`,
    variables: { files: [a, b, a] },
  });
  const shown = data.keepAll.map(({ name, size }) => [name, size]);
  assert.deepEqual(shown, [["a.txt", 1], ["b.txt", 2], ["a.txt", 1]]);
});

check("an upload without the header that other sites cannot send", async () => {
  const asked = uploading({ headers: {} }).mutate({
    mutation: KEEP,
    variables: { file: new File(["a"], "a.txt") },
  });
  await assert.rejects(asked, (error) => {
    const [refusal] = error.errors ?? JSON.parse(error.bodyText).errors;
    assert.match(refusal.message, /"apollo-require-preflight"/);
    return true;
  });
});

check("a batch", async () => {
  const batching = URL_OF("/batching");
  // Two make a batch, however long the second one takes.
  const waiting = { batchInterval: 60_000, batchMax: 2 };
  const link = new BatchHttpLink({ uri: batching, ...waiting, fetch: recorded });
  const client = apollo(link);
  const found = await Promise.all([
    client.query({ query: gql`query A { hello(name: "A") }` }),
    client.query({ query: gql`query B { hello(name: "B") }` }),
  ]);
  assert.deepEqual(found.map(({ data }) => data.hello), ["hello A", "hello B"]);
  assert.deepEqual(requests.splice(0), [["POST", 200]]);
});

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

for (const [where, path, expected] of [
  ["where they are on", "/apq", ["GET", "POST", "GET"]],
  ["where they are off", "/graphql", ["GET", "POST", "POST"]],
]) {
  check(`automatic persisted queries, ${where}`, async () => {
    const http = new HttpLink({ uri: URL_OF(path), fetch: recorded });
    const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
    const client = apollo(ApolloLink.from([persisted, http]));
    const query = gql`query Persisted { hello(name: "APQ") }`;
    for (const _ of [1, 2]) {
      const { data } = await client.query({ query, fetchPolicy: "no-cache" });
      assert.deepEqual(data, { hello: "hello APQ" });
    }
    assert.deepEqual(requests.splice(0).map(([method]) => method), expected);
  });
}

check("a subscription over multipart", async () => {
  const query = gql`subscription { count(to: 3) }`;
  const found = await all(plain().subscribe({ query }));
  assert.deepEqual(found.map(({ data }) => data.count), [1, 2, 3]);
});

check("a subscription over multipart that fails later", async () => {
  const query = gql`subscription { count(to: 1, failing: true) }`;
  const found = await all(plain().subscribe({ query }));
  assert.equal(found[0].data.count, 1);
  assert.match(found[1].error.message, /Lost count/);
});

check("a subscription over a WebSocket", async () => {
  const url = WS_URL_OF("/graphql");
  const socket = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const query = gql`subscription { count(to: 2) }`;
  const found = await all(apollo(new GraphQLWsLink(socket)).subscribe({ query }));
  assert.deepEqual(found.map(({ data }) => data.count), [1, 2]);
  await socket.dispose();
});

const DEFERRED = gql`{ items(first: 2) { id ... @defer { details } } }`;
const STREAMED = gql`{ items(first: 3) @stream(initialCount: 1) { id } }`;

// The states that a page would show one after the other.
async function states(Handler, query) {
  const client = plain({ incrementalHandler: new Handler() });
  const found = [];
  const observable = client.watchQuery({ query, fetchPolicy: "no-cache" });
  await new Promise((resolve, reject) => {
    observable.subscribe({
      next: ({ data, error, networkStatus }) => {
        if (error) reject(error);
        if (data) found.push(JSON.parse(JSON.stringify(data)));
        if (networkStatus === NetworkStatus.ready) resolve();
      },
      error: reject,
    });
  });
  client.stop();
  return found;
}

const HANDLERS = {
  "incrementalSpec=v0.2": GraphQL17Alpha9Handler,
  "deferSpec=20220824": Defer20220824Handler,
};

const ITEMS = [
  ["0", "details"],
  ["1", "details"],
];

for (const [name, Handler] of Object.entries(HANDLERS)) {
  check(`@defer by ${name}`, async () => {
    if (!HAS_INCREMENTAL) {
      await assert.rejects(states(Handler, DEFERRED), /Unknown directive '@defer'/);
      return;
    }
    const found = await states(Handler, DEFERRED);
    assert.deepEqual(found[0].items.map(({ details }) => details), [undefined, undefined]);
    assert.deepEqual(found.at(-1).items.map(({ id, details }) => [id, details]), ITEMS);
  });
}

check("@stream by incrementalSpec=v0.2", async () => {
  if (!HAS_INCREMENTAL) {
    const refused = states(GraphQL17Alpha9Handler, STREAMED);
    await assert.rejects(refused, /Unknown directive '@stream'/);
    return;
  }
  const found = await states(GraphQL17Alpha9Handler, STREAMED);
  assert.deepEqual(found[0].items.map(({ id }) => id), ["0"]);
  assert.deepEqual(found.at(-1).items.map(({ id }) => id), ["0", "1", "2"]);
});

await finish();
