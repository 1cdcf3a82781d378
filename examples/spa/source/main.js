// Client-side routes: a link changes the address and the page, and asks the server
// for data alone.  Whoever comes by an address from elsewhere gets this page first.
import "./style.css";
import { about } from "./pages/about.js";
import { home } from "./pages/home.js";
import { note, notes } from "./pages/notes.js";

const routes = [
  [/^\/$/, home],
  [/^\/about$/, about],
  [/^\/notes$/, notes],
  [/^\/notes\/(\d+)$/, note],
  [/^\/people\/([\w.]+)$/, (name) => ["Person", `This is ${name}.`]],
];

async function show() {
  const path = location.pathname;
  const [pattern, page] = routes.find(([route]) => route.test(path)) ?? [
    /^/,
    () => ["Not found", "There is no such page."],
  ];
  const [title, content] = await page(...pattern.exec(path).slice(1));
  if (path !== location.pathname) return; // somebody has gone on meanwhile
  document.title = title;
  const heading = document.createElement("h1");
  heading.textContent = title;
  document.querySelector("main").replaceChildren(heading, content);
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", link.pathname === path);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || link.origin !== location.origin || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
show();
