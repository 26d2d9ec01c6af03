// The hospital's clock as the server tells it; the viewer's own clock is never trusted.
let heard = null; // {real, hospital, rate, zone, mine}

export function hear(pulse) {
  heard = { ...pulse, mine: performance.now() };
}

export function hospitalNow() {
  return heard && heard.hospital + (performance.now() - heard.mine) * heard.rate;
}

// How far the viewer's clock is off, ms; null before the first pulse.
export function viewerError() {
  return heard && Math.abs(Date.now() - (heard.real + performance.now() - heard.mine));
}

export function hospitalClock() {
  const now = hospitalNow();
  if (now === null) return null;
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: heard.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).format(now);
}
