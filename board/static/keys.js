// Arrows walk the matrix; Enter opens a number as any link; Escape closes the panel (the dialog's own manner).
const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function cells() {
  const rows = [...document.querySelectorAll("#matrix .row")];
  return rows.map((row) => [...row.querySelectorAll("a.cell")].filter((a) => a.offsetParent)).filter((row) => row.length);
}

export function keys() {
  document.addEventListener("keydown", (event) => {
    const step = STEP[event.key];
    if (!step || !document.activeElement?.matches("a.cell")) return;
    const grid = cells();
    const y = grid.findIndex((row) => row.includes(document.activeElement));
    const x = grid[y].indexOf(document.activeElement);
    const row = grid[Math.min(grid.length - 1, Math.max(0, y + step[1]))];
    row[Math.min(row.length - 1, Math.max(0, x + step[0]))].focus();
    event.preventDefault();
  });
}
