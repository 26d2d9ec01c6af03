// An old screen never passes for a live one: silence and a wrong clock are said on the page itself.
import { hospitalClock, viewerError } from "./clock.js";
import { say } from "./words.js";

const SILENT_AFTER_MS = 8000; // the server speaks at least every five seconds
const notices = new Map();

function show() {
  const place = document.getElementById("told");
  const text = [...notices.values()].join("\n");
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.replaceChildren(...[...notices.values()].map((words) => {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = words;
    return line;
  }));
}

export function notice(name, words, forMs) {
  if (words) notices.set(name, words);
  else notices.delete(name);
  show();
  if (words && forMs) setTimeout(() => notice(name, ""), forMs);
}

export function watch() {
  let lastHeard = performance.now();
  let stoodAt = "";
  function look() {
    const silentFor = performance.now() - lastHeard;
    const silent = silentFor > SILENT_AFTER_MS;
    if (silent && !stoodAt) stoodAt = document.querySelector("[data-now]")?.textContent || hospitalClock() || "?";
    if (!silent) stoodAt = "";
    document.documentElement.classList.toggle("silent", silent);
    notice("silent", silent ? say("silent", stoodAt, Math.floor(silentFor / 1000)) : "");
    const error = viewerError();
    notice("clock", error > 60000 ? say("clock", Math.round(error / 60000)) : "");
  }
  setInterval(look, 1000);
  return { heard() { lastHeard = performance.now(); look(); } };
}
