// An unattended screen: stays awake, turns between its pages, and loads a new version by itself.
const TURN_MS = 60000;

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
  const pages = (wanted.get("pages") || "").split(",").filter((page) => ["wall", "measures"].includes(page));
  if (pages.length < 2) return;
  const here = location.pathname === "/measures" ? "measures" : "wall";
  const next = pages[(pages.indexOf(here) + 1) % pages.length];
  setInterval(() => goTo(`${next === "wall" ? "/" : "/measures"}?${wanted}`), TURN_MS);
}
