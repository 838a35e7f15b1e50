// Learning curves as SVG: one line a run, dashed for the held-out images.

import { h } from "./core.js";

const WIDTH = 620, HEIGHT = 230, LEFT = 38, BOTTOM = 22;

// `runs` are lists of series { points: [[x, y]], held }, one list a run; `most`, the last epoch.
export function curve(title, runs, most, { low = null, high = null, percent = false } = {}) {
  const values = runs.flat().flatMap((series) => series.points.map(([, y]) => y)).filter(Number.isFinite);
  const bottom = low ?? Math.min(0, ...values), top = high ?? Math.max(...values, 0.1) * 1.05;
  const x = (value) => LEFT + (value / Math.max(most, 1)) * (WIDTH - LEFT - 8);
  const y = (value) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - BOTTOM - 10);
  const svg = h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  for (let i = 0; i <= 4; i++) {
    const value = bottom + ((top - bottom) * i) / 4;
    svg.append(h("line", { class: "axis", x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value) }),
      h("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, percent ? `${Math.round(value * 100)}` : value.toFixed(top > 10 ? 0 : top > 1 ? 1 : 2)));
  }
  const step = Math.max(1, Math.ceil(most / 8));
  for (let epoch = 0; epoch <= most; epoch += step) svg.append(h("text", { x: x(epoch), y: HEIGHT - 5, "text-anchor": "middle" }, String(epoch)));
  runs.forEach((run, i) => run.forEach(({ points, held }) => {
    const good = points.filter(([, value]) => Number.isFinite(value));
    if (held && good.length === 1) svg.append(h("circle", { class: i ? "b" : "a", cx: x(good[0][0]), cy: y(Math.min(Math.max(good[0][1], bottom), top)), r: 3 })); // one point is no line
    if (good.length) svg.append(h("polyline", { class: `${i ? "b" : "a"}${held ? " held" : ""}`, points: good.map(([a, b]) => `${x(a).toFixed(1)},${y(Math.min(Math.max(b, bottom), top)).toFixed(1)}`).join(" ") }));
  }));
  return h("figure", { class: "curve" }, h("h3", {}, title), svg);
}
