// An unattended screen: stays awake, turns between its pages, and loads a new version by itself.
const TURN_MS = 60000;
const PAGES = { wall: "/", measures: "/measures", alerts: "/alerts" };

async function stayAwake() {
  try { await navigator.wakeLock?.request("screen"); } catch { /* the browser may say no: the screen then sleeps as set */ }
}

async function goTo(address) {
  // Never leave a page that works for a server that does not answer.
  try { if ((await fetch("/healthz", { cache: "no-store" })).ok) location.assign(address); } catch { /* stay */ }
}

export function kiosk() {
  const root = document.documentElement;
  stayAwake();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && stayAwake());
  root.addEventListener("pulse", ({ detail }) => {
    if (root.dataset.build && detail.build !== root.dataset.build) goTo(location.href);
  });
  const wanted = new URLSearchParams(location.search);
  const pages = (wanted.get("pages") || "").split(",").filter((page) => page in PAGES);
  if (pages.length < 2) return;
  const here = Object.keys(PAGES).find((page) => PAGES[page] === location.pathname) || "wall";
  const next = pages[(pages.indexOf(here) + 1) % pages.length];
  setInterval(() => goTo(`${PAGES[next]}?${wanted}`), TURN_MS);
}
