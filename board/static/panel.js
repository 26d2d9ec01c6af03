// The panel behind a number. The address bar holds what is shown, so a link can be sent.
import { say } from "./words.js";

const KEEP = ["lang", "theme", "kiosk", "pages"];
let opener = null;

function wanted() {
  const address = new URLSearchParams(location.search);
  return address.has("kpi") ? address : null;
}

function without() {
  const address = new URLSearchParams(location.search);
  for (const key of [...address.keys()]) if (!KEEP.includes(key)) address.delete(key);
  return `${location.pathname}${address.size || String(address) ? `?${address}` : ""}`;
}

async function fill(dialog, address) {
  const asked = new URLSearchParams(address);
  const kpi = asked.get("kpi");
  asked.delete("kpi");
  document.documentElement.classList.add("busy");
  try {
    const answer = await fetch(`/panel/${encodeURIComponent(kpi)}?${asked}`, { headers: { accept: "text/html" } });
    if (answer.status === 401) { location.assign(`/login?then=${encodeURIComponent(location.pathname + location.search)}`); return; }
    dialog.innerHTML = await answer.text();
  } catch {
    dialog.textContent = say("unavailable");
  } finally {
    document.documentElement.classList.remove("busy");
  }
  if (dialog.querySelector("[data-chart]")) (await import("./charts.js")).draw(dialog);
}

async function open() {
  const dialog = document.getElementById("panel");
  const address = wanted();
  if (!address) { if (dialog.open) dialog.close(); return; }
  if (!dialog.open) dialog.showModal();
  await fill(dialog, address);
  dialog.querySelector(".close")?.focus();
}

function go(event) {
  const link = event.target.closest("a[data-panel]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  opener = link.getAttribute("href");
  const address = new URLSearchParams(new URL(link.href).search);
  const here = new URLSearchParams(location.search);
  for (const key of KEEP) if (here.has(key)) address.set(key, here.get(key));
  history.pushState({}, "", `${location.pathname}?${address}`);
  open();
}

async function events(details) {
  const place = details.querySelector("[data-visit]");
  if (!details.open || !place || place.dataset.done) return;
  place.dataset.done = "1";
  const answer = await fetch(place.dataset.visit);
  place.innerHTML = answer.ok ? await answer.text() : say("unavailable");
}

export function panel() {
  const dialog = document.getElementById("panel");
  if (!dialog) return;
  document.addEventListener("click", go);
  window.addEventListener("popstate", open);
  dialog.addEventListener("toggle", (event) => event.target.matches?.("details") && events(event.target), true);
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target.closest(".close")) && dialog.close());
  dialog.addEventListener("close", () => {
    if (wanted()) history.pushState({}, "", without());
    [...document.querySelectorAll("a[data-panel]")].find((a) => a.getAttribute("href") === opener)?.focus();
  });
  open();
}
