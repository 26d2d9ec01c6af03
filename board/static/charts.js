// Charts are drawn from the tables behind them: what is not in the table is not in the picture.
import { init } from "./vendor/echarts.js";

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function columns(table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent));
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const figure = (text) => (text === "" || text === "–" ? null : Number(text));
  return { heads, labels: rows.map((row) => row[0]), series: heads.slice(1).map((_, i) => rows.map((row) => figure(row[i + 1]))) };
}

function base(labels, unit) {
  const text = { color: colour("soft"), fontSize: 14, fontFamily: colour("measure") };
  return {
    animation: false,
    textStyle: text,
    grid: { left: 48, right: 24, top: 28, bottom: 34 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: labels, axisLabel: text, axisTick: { show: false } },
    yAxis: { type: "value", name: unit, nameTextStyle: text, axisLabel: text, splitLine: { lineStyle: { color: colour("line") } }, minInterval: 1 },
  };
}

function marks(table, labels) {
  const lines = JSON.parse(table.dataset.marks || "[]"); // [[index along the axis, words]]
  return {
    symbol: "none", silent: true, animation: false,
    lineStyle: { color: colour("ink"), type: "dashed" },
    label: { color: colour("ink"), fontSize: 13, formatter: "{b}" },
    // Labels stand one above the other, so that a median beside its target stays readable.
    data: lines.map(([at, words], i) => ({ name: words, xAxis: Math.min(at, labels.length - 1), label: { offset: [0, -16 * i] } })),
  };
}

const KINDS = {
  distribution(table) {
    const { labels, series } = columns(table);
    const drawn = base(labels, "");
    drawn.grid.top = 60;
    return { ...drawn, series: [
      { type: "bar", stack: "all", data: series[0], barCategoryGap: "8%", itemStyle: { color: colour("part-1") }, markLine: marks(table, labels) },
      { type: "bar", stack: "all", data: series[1], itemStyle: { color: colour("accent") } },
    ] };
  },
  hours(table) {
    const { heads, labels, series } = columns(table);
    const [today, median, low, high] = series;
    const band = high.map((value, i) => (value === null || low[i] === null ? null : value - low[i]));
    const quiet = { type: "line", symbol: "none", silent: true, stack: "band", lineStyle: { opacity: 0 } };
    return { ...base(labels, table.dataset.unit), series: [
      { ...quiet, data: low },
      { ...quiet, data: band, areaStyle: { color: colour("hatch"), opacity: 1 } },
      { type: "line", name: heads[2], data: median, symbol: "none", lineStyle: { color: colour("soft"), type: "dashed" }, itemStyle: { color: colour("soft") } },
      { type: "line", name: heads[1], data: today, symbolSize: 7, lineStyle: { color: colour("accent"), width: 3 }, itemStyle: { color: colour("accent") } },
    ] };
  },
};

export function draw(root) {
  for (const place of root.querySelectorAll("[data-chart]")) {
    const table = document.getElementById(place.dataset.table);
    if (!table?.tBodies[0]?.rows.length) continue;
    const chart = init(place, null, { renderer: "canvas" });
    chart.setOption(KINDS[place.dataset.chart](table));
    new ResizeObserver(() => chart.resize()).observe(place);
  }
}
