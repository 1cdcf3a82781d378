// Bundles GraphiQL into the few files that the wheel ships.
//
// usage: node build.mjs FOLDER
//
// Writes the bundles into FOLDER, under names that hold a hash of what is in them,
// and prints what it wrote as JSON:
//
//   {"files": {"main.js": "main-ABCDEFGH.js", ...}, "packages": ["react", ...]}
//
// `packages` are the folders of node_modules that something in the bundles is from;
// `a/node_modules/b` is a second version of b.
// `python -m tools.graphiql --build` runs this, and does the rest.

import { mkdir, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { build } from "esbuild";

const outdir = resolve(process.argv[2]);
const used = new Set();

const PACKAGE = /^node_modules\/((?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)/;

const common = {
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  outdir,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  // Assets lie beside the endpoint's own address: see main.jsx.
  publicPath: "?graphiql=",
  target: ["chrome111", "edge111", "firefox114", "safari16.4"],
  define: { "process.env.NODE_ENV": '"production"' },
  // Licences are shipped as files of their own.
  legalComments: "none",
  logLevel: "warning",
};

async function bundle(entryPoints, more) {
  const options = { ...common, ...more, entryPoints };
  const { metafile, outputFiles } = await build(options);
  for (const { path, contents } of outputFiles) {
    await writeFile(path, path.endsWith(".css") ? asQuery(contents) : contents);
  }
  const files = {};
  for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
    const name = basename(path);
    files[name.replace(/-[A-Z0-9]{8}\./, ".")] = name;
    for (const input of Object.keys(inputs)) {
      const found = PACKAGE.exec(input);
      if (found) used.add(found[1]);
    }
  }
  return files;
}

// esbuild puts a slash between publicPath and the name.
function asQuery(css) {
  return Buffer.from(css).toString().replaceAll("?graphiql=/", "?graphiql=");
}

await mkdir(outdir, { recursive: true });

const workers = await bundle(
  {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  { format: "iife" },
);

const page = await bundle(
  { main: "main.jsx" },
  {
    format: "iife",
    jsx: "automatic",
    loader: { ".ttf": "file" },
    define: { ...common.define, WORKERS: JSON.stringify(workers) },
  },
);

const report = { files: { ...page, ...workers }, packages: [...used].sort() };
console.log(JSON.stringify(report, null, 2));
