// How GraphiQL asks: everything at the address of the page, over whatever the
// operation needs.
//
//   query, mutation          POST, answered with JSON
//   one with @defer, @stream POST, answered with multipart/mixed
//   subscription             POST, answered with server-sent events; or a WebSocket
//
// Each call gives an observable, so that the stop button ends all of them alike:
// an async generator that waits would notice only at the next event.

import { getOperationAST, parse, visit } from "graphql";
import { createClient } from "graphql-ws";
import { meros } from "meros/browser";
import { readEvents } from "./events.js";

const JSON_TYPES =
  "application/graphql-response+json, application/json;q=0.9";
const INCREMENTAL = `multipart/mixed;incrementalSpec=v0.2, ${JSON_TYPES}`;
const EVENTS = `text/event-stream, ${JSON_TYPES}`;

/**
 * @param {{url: string, subscriptions: "sse" | "websocket"}} config
 *   The address without query or fragment, and what carries subscriptions.
 * @returns {import("@graphiql/toolkit").Fetcher}
 */
export function createFetcher({ url, subscriptions }) {
  // GraphiQL wants a promise, of the schema at least.
  return async (params, { headers } = {}) => {
    const ask = (run, more) =>
      observable((sink, signal) => run(url, params, { headers, signal, ...more }, sink));
    const { isSubscription, isIncremental } = look(params);
    if (!isSubscription) {
      return ask(post, { accept: isIncremental ? INCREMENTAL : JSON_TYPES });
    }
    return subscriptions === "websocket"
      ? ask(overWebSocket)
      : ask(post, { accept: EVENTS });
  };
}

// What the operation needs.  Not by the parsed document that GraphiQL hands over:
// that one is of a moment ago, where somebody types and runs at once.
function look({ query, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    // The server says what is wrong with it.
    return { isSubscription: false, isIncremental: false };
  }
  let isIncremental = false;
  visit(document, {
    Directive({ name }) {
      isIncremental ||= name.value === "defer" || name.value === "stream";
    },
  });
  const operation = getOperationAST(document, operationName);
  return { isSubscription: operation?.operation === "subscription", isIncremental };
}

function observable(run) {
  return {
    subscribe(sink) {
      const controller = new AbortController();
      const { signal } = controller;
      run(sink, signal).then(
        () => signal.aborted || sink.complete(),
        (error) => signal.aborted || sink.error(error),
      );
      return { unsubscribe: () => controller.abort() };
    },
  };
}

async function post(url, params, { headers, accept, signal }, sink) {
  const all = new Headers({ accept, "content-type": "application/json" });
  for (const [name, value] of Object.entries(headers ?? {})) {
    all.set(name, value);
  }
  const body = JSON.stringify(params);
  const response = await fetch(url, { method: "POST", headers: all, body, signal });
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream")) {
    for await (const { event, data } of readEvents(response.body)) {
      if (event === "complete") return;
      if (event === "next") sink.next(JSON.parse(data));
    }
  } else if (type.startsWith("multipart/")) {
    for await (const parts of await meros(response, { multiple: true })) {
      sink.next(parts.map((part) => part.body));
    }
  } else if (/^application\/(.+\+)?json\b/.test(type)) {
    sink.next(await response.json());
  } else {
    const { status, statusText } = response;
    throw failure(`${status} ${statusText}: ${await response.text()}`);
  }
}

function overWebSocket(url, params, { headers, signal }, sink) {
  const client = createClient({
    url: url.replace(/^http/, "ws"),
    // A browser sends no headers of ours with a handshake.
    connectionParams: headers,
    retryAttempts: 0,
  });
  return new Promise((resolve, reject) => {
    const stop = client.subscribe(params, {
      next: sink.next,
      error: (error) => reject(asError(error)),
      complete: resolve,
    });
    signal.addEventListener("abort", stop);
  });
}

function asError(error) {
  if (error instanceof CloseEvent) {
    return failure(`The WebSocket was closed: ${error.code} ${error.reason}`);
  }
  // A list of GraphQL errors is shown as it is.
  return error;
}

// The response pane shows all of an error, and our stack tells its reader nothing.
function failure(message) {
  const error = new Error(message);
  error.stack = undefined;
  return error;
}
