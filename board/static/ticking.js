// Waits go on between events: whatever has a start counts on by itself, once a second.
import { hospitalClock, hospitalNow } from "./clock.js";
import { duration } from "./words.js";

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tick(root = document) {
  const now = hospitalNow();
  if (now === null || document.documentElement.classList.contains("silent")) return;
  const clock = hospitalClock();
  for (const element of root.querySelectorAll("[data-now]")) set(element, clock);
  for (const element of root.querySelectorAll("[data-since]")) set(element, duration(now - Number(element.dataset.since)));
}

export function startTicking() {
  setInterval(tick, 1000);
}
