// The stream: fragments that changed go into their places; a lost connection is opened again until it holds.
import { hear } from "./clock.js";
import { notice } from "./watch.js";
import { patch } from "./patch.js";
import { say } from "./words.js";
import { tick } from "./ticking.js";

const root = document.documentElement;
const viewer = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
let seen = root.dataset.version;

function place(name, html) {
  const element = document.getElementById(name);
  if (!element) return;
  if (element.getAttribute("role") === "cell") return patch(element, html);
  const held = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const known = new Set([...element.querySelectorAll("[data-incident]")].map((line) => line.dataset.incident));
  element.innerHTML = html;
  for (const line of element.querySelectorAll("[data-incident]")) {
    if (!known.has(line.dataset.incident)) line.classList.add("new");
  }
  if (held !== null) [...element.querySelectorAll("a")].find((a) => a.getAttribute("href") === held)?.focus();
  tick(element);
}

function change(event, guard) {
  guard.heard();
  seen = event.lastEventId || seen;
  for (const [name, html] of Object.entries(JSON.parse(event.data))) place(name, html);
  root.dispatchEvent(new CustomEvent("changed"));
}

function pulse(event, guard) {
  const said = JSON.parse(event.data);
  hear(said);
  guard.heard();
  notice("closing", "");
  notice("full", "");
  root.dispatchEvent(new CustomEvent("pulse", { detail: said }));
  tick();
}

function leave() {
  location.assign(`/login?then=${encodeURIComponent(location.pathname + location.search)}`);
}

async function again(guard) {
  // A stream that is refused rather than lost may be refused because nobody is logged in any more.
  const answer = await fetch("/", { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") leave();
  else listen(guard);
}

export function listen(guard) {
  const address = new URLSearchParams({ lang: root.dataset.lang, since: seen, viewer });
  const source = new EventSource(`/stream?${address}`);
  source.addEventListener("change", (event) => change(event, guard));
  source.addEventListener("pulse", (event) => pulse(event, guard));
  source.addEventListener("told", (event) => {
    const { what } = JSON.parse(event.data);
    if (what === "out") return leave();
    notice(what, say(what), 15000);
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return; // it reconnects by itself
    setTimeout(() => again(guard), 3000);
  });
  window.addEventListener("pagehide", () => source.close(), { once: true });
}
