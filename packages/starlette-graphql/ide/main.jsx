// The page: GraphiQL, for the GraphQL endpoint at the page's own address.
//
// Everything that it loads has that address as well, with the name of the file as
// its query, because a route gives the endpoint one path and no other.

import "./nonce.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./fetcher.js";

// WORKERS is put in by build.mjs: names of files by names of workers.
globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const name = WORKERS[`${label}.worker.js`] ?? WORKERS["editor.worker.js"];
    return new Worker(`?graphiql=${name}`, { name: label });
  },
};

const root = document.getElementById("graphiql");
const given = new URLSearchParams(location.search);

const fetcher = createFetcher({
  url: location.origin + location.pathname,
  // What the server prefers, unless the address of the page names the other one.
  subscriptions: given.get("subscriptions") ?? root.dataset.subscriptions,
});

// A link may carry what to show.  It is never run by itself.
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    initialQuery={given.get("query") ?? undefined}
    initialVariables={given.get("variables") ?? undefined}
    defaultEditorToolsVisibility={true}
  />,
);
