// The few words that the page says by itself; everything else comes in its language from the server.
const zh = document.documentElement.dataset.lang !== "en";

export function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const hours = Math.floor(minutes / 60);
  const rest = String(minutes % 60).padStart(2, "0");
  if (hours) return zh ? `${hours} 小时 ${rest} 分` : `${hours} h ${rest} min`;
  return zh ? `${minutes || "<1"} 分` : `${minutes || "<1"} min`;
}

const said = {
  silent: (since, age) => zh
    ? `与服务器失去联系:画面停在 ${since},已 ${age} 秒。请勿据此判断。`
    : `No contact with the server: this screen stands at ${since} (${age} s). Do not act on it.`,
  clock: (minutes) => zh
    ? `本机时钟与服务器相差 ${minutes} 分钟,请校时;页面按服务器时间显示。`
    : `This computer's clock is off by ${minutes} min; the page shows the server's time.`,
  too_slow: () => zh ? "本屏网络过慢,刚才曾断开,现已恢复。" : "This screen's network was too slow; it was cut off and is back.",
  closing: () => zh ? "服务器正在重启,稍候自动恢复。" : "The server is restarting; this page will come back by itself.",
  full: () => zh ? "观看者过多,稍后自动重试。" : "Too many viewers; trying again by itself.",
  unavailable: () => zh ? "暂时无法打开明细。" : "Details cannot be opened right now.",
};

export function say(what, ...filled) {
  return said[what](...filled);
}
