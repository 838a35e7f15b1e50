// One number, worked out: patch × kernel, sum, bias, activation; windows; normalisation; scores.

import { app, button, className, fill, fixed, h, shape, t } from "./core.js";
import { cssColour, largest, signedGrid } from "./paint.js";
import { operation } from "./strip.js";

// The tap [u, v, i] of the product that counts most.
function largestAt(products, index) {
  let found = [0, 0, index], most = -1;
  products.forEach((row, r) => row.forEach((value, c) => { if (Math.abs(value) > most) { most = Math.abs(value); found = [r, c, index]; } }));
  return found;
}

// A grid of numbers on their colours. `mark(r, c)` gives classes, `pick(r, c)` makes cells buttons.
export function grid(rows, { scale = largest(rows), label, inside, mark, pick, digits = 2, size } = {}) {
  const count = Math.max(rows.length, rows[0].length);
  const cell = size ?? (count <= 5 ? 40 : count <= 7 ? 34 : count <= 9 ? 28 : count <= 12 ? 22 : Math.max(5, Math.floor(260 / count)));
  const numbers = cell >= 32;
  const table = h("div", { class: `grid${numbers ? "" : " small"}`, role: "img", "aria-label": label });
  if (pick) { table.setAttribute("role", "group"); }
  table.style.gridTemplateColumns = `repeat(${rows[0].length}, ${cell}px)`;
  table.style.gridAutoRows = `${cell}px`;
  rows.forEach((row, r) => row.forEach((value, c) => {
    const out = inside && !inside[r][c];
    const { back, ink } = cssColour(value, scale);
    const made = pick ? button(null, () => pick(r, c), {
      class: "cell", "aria-label": t("lab.weight_at", { row: r + 1, column: c + 1, value: fixed(value) }),
      onpointerenter: () => pick(r, c, true), onfocus: () => pick(r, c, true), tabindex: r + c ? "-1" : "0",
      onkeydown: (event) => step(event, table, rows[0].length),
    }) : h("span", { class: "cell", title: numbers ? null : fixed(value) });
    made.dataset.value = value;
    if (out) made.classList.add("outside");
    else { made.style.background = back; made.style.color = ink; }
    if (numbers) made.textContent = out ? "" : fixed(value, digits).replace(/^(−?)0\./, "$1.");
    const classes = mark?.(r, c);
    if (classes) made.classList.add(classes);
    table.append(made);
  }));
  return table;
}

// Arrow keys within a grid of buttons: one of them is in the order of Tab at a time.
function step(event, table, width) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
  if (!by) return;
  event.preventDefault();
  const cells = [...table.children], next = cells[cells.indexOf(event.target) + by];
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

const sign = (symbol) => h("span", { class: "sign", "aria-hidden": "true" }, symbol);
const titled = (title, child, note) => h("figure", {}, child, h("figcaption", {}, title, note ? h("small", {}, note) : null));
// A sum as people write it: terms with their names below.
const term = (value, name, more = "", exact = value) => h("span", { class: `term ${more}` }, h("b", { data: { exact } }, typeof value === "number" ? fixed(value) : value), h("small", {}, name));
const line = (...parts) => h("p", { class: "equation" }, parts);

export class Sum {
  // `weigh(tap)` is called with [u, v, i] when a weight is pointed at.
  constructor(weigh) {
    this.weigh = weigh;
    this.element = h("section", { class: "card sum", "aria-labelledby": "sum-title" });
    this.channel = null;
    this.pooling = null;
  }

  show(found, cursor) {
    const layer = app.state.layers.find((l) => l.name === cursor.layer);
    const same = this.cursor && this.cursor.layer === cursor.layer && this.cursor.channel === cursor.channel;
    if (!same) { this.channel = null; this.tap = null; }
    if (this.cursor?.layer !== cursor.layer) this.pooling = null;
    Object.assign(this, { found, cursor, layer });
    this.draw();
  }

  draw() {
    const { found, cursor, layer } = this;
    const where = layer.shape.length === 3
      ? t("lab.where", { map: cursor.channel + 1, row: cursor.row + 1, column: cursor.column + 1 })
      : unitName(layer, cursor.channel);
    fill(this.element,
      h("header", {}, h("h2", { id: "sum-title" }, layer.name, h("small", {}, where)), h("p", { class: "sub" }, operation(layer))),
      this[found.kind](), this.activation());
  }

  activation() {
    const { found } = this;
    if (!found.activation) return null;
    return line(h("span", { class: "then" }, t(`lab.op.${found.activation}`)), term(found.value, t("lab.before")), sign("→"), term(found.output, t("lab.after"), "result"));
  }

  product() {
    const { found, layer } = this;
    const dense = layer.operation === "dense";
    const best = found.channels.find((c) => c.channel === this.channel) ?? found.channels[0];
    this.channel = best.channel;
    const [height, width] = [best.patch.length, best.patch[0].length];
    const several = found.channels.length + found.others.count > 1;
    const products = best.patch.map((row, r) => row.map((value, c) => value * best.kernel[r][c]));
    const from = this.sourceName();
    const intro = t(dense ? (found.folded ? "lab.say.dense" : "lab.say.template") : several ? "lab.say.product" : "lab.say.product_one",
      { window: `${height}×${width}`, from, count: found.channels.length + found.others.count, numbers: found.count });
    const chosen = (r, c) => (this.tap && this.tap[0] === r && this.tap[1] === c && this.tap[2] === best.index ? "chosen" : "");
    this.strongest = largestAt(products, best.index);
    const one = h("div", { class: "product" },
      titled(t("lab.patch"), grid(best.patch, { scale: found.scales[0], label: t("lab.patch"), inside: found.inside }), several && !found.folded ? t("lab.of_map", { map: best.channel + 1, layer: from }) : from),
      sign("×"),
      titled(t("lab.kernel"), grid(best.kernel, { scale: found.scales[1], label: t("lab.kernel"), mark: chosen, pick: (r, c) => { this.tap = [r, c, best.index]; this.retap(r, c); this.weigh(this.tap, this.cursor); } }), t("lab.point_at_weight")),
      sign("="),
      titled(t("lab.products"), grid(products, { label: t("lab.products"), inside: found.inside }), `Σ = ${fixed(best.sum)}`));
    const all = several ? h("div", { class: "others" },
      h("h3", {}, t("lab.every_map")),
      h("div", { class: "terms" }, found.channels.map((c) => this.small(c, c === best)),
        found.others.count ? h("span", { class: "rest" }, t("lab.others", { count: found.others.count, sum: fixed(found.others.sum) })) : null)) : null;
    return [h("p", { class: "say" }, intro),
      line(term(found.total, t("lab.sum_of", { count: found.count })), sign("+"), term(found.bias, t("lab.bias")), sign("="), term(found.value, found.activation ? t("lab.before") : layer.name, found.activation ? "" : "result")),
      one, all];
  }

  retap(row, column) {
    const cells = this.element.querySelectorAll(".product .grid button.cell");
    const width = this.found.channels[0].patch[0].length;
    cells.forEach((cell, i) => cell.classList.toggle("chosen", i === row * width + column));
  }

  small(c, chosen) {
    const products = c.patch.map((row, r) => row.map((value, k) => value * c.kernel[r][k]));
    const label = t("lab.map_sum", { map: c.channel + 1, sum: fixed(c.sum) });
    return button([signedGrid(c.patch, this.found.scales[0]), sign("×"), signedGrid(c.kernel, this.found.scales[1]), sign("="),
      signedGrid(products, largest(products)), h("b", {}, fixed(c.sum, 2)), h("small", {}, String(c.channel + 1))],
    () => { this.channel = c.channel; this.tap = null; this.draw(); }, { class: "triple", "aria-pressed": String(chosen), "aria-label": label });
  }

  sourceName() { return this.found.source === "" && !this.found.folded ? t("lab.input") : this.found.source || this.found.reads[0] || t("lab.input"); }

  pool() {
    const { found } = this;
    const how = this.pooling ?? found.how;
    const result = how === "max" ? found.max : found.average;
    const choose = (name) => button(t(`lab.pool.${name}`), () => { this.pooling = name; this.draw(); }, { "aria-pressed": String(how === name), class: "segment" });
    const mark = (r, c) => (how === "max" && found.winner[0] === r && found.winner[1] === c ? "winner" : "");
    const equation = how === "max"
      ? line(h("span", { class: "then" }, "max"), term(found.count, t("lab.numbers"), "", found.count), sign("→"), term(found.max, t("lab.largest"), "result"))
      : line(term(found.sum, t("lab.sum_of_window")), sign("÷"), term(String(found.count), t("lab.numbers")), sign("="), term(found.average, t("lab.mean"), "result"));
    return [h("p", { class: "say" }, t(`lab.say.${how}`, { count: found.count })),
      h("div", { class: "segments", role: "group", "aria-label": t("lab.pool.choose") }, choose("max"), choose("average")),
      h("div", { class: "product" }, titled(t("lab.window"), grid(found.patch, { label: t("lab.window"), inside: found.inside, mark, digits: 3 }), this.sourceName()), sign("→"),
        titled(t(`lab.pool.${how}`), grid([[result]], { scale: largest(found.patch), label: fixed(result), digits: 3, size: 64 }))),
      equation,
      how === found.how ? null : h("p", { class: "note" }, t("lab.pool.other", { how: t(`lab.pool.${found.how}`), value: fixed(found.value), here: fixed(result) }))];
  }

  softmax() {
    const { found, layer } = this;
    const most = found.scores[0][2];
    return [h("p", { class: "say" }, t("lab.say.softmax", { name: unitName(layer, found.unit) })),
      line(term(found.own[1], `e^(${fixed(found.own[0], 2)} − ${fixed(found.largest, 2)})`), sign("÷"), term(found.total, t("lab.sum_of_all")), sign("="), term(found.value, unitName(layer, found.unit), "result")),
      h("table", { class: "scores" }, h("thead", {}, h("tr", {}, h("th", {}, t("lab.class")), h("th", { class: "n" }, t("lab.score")), h("th", { class: "n" }, "eˣ⁻ᵐᵃˣ"), h("th", {}, h("span", { class: "unseen" }, t("lab.share"))))),
        h("tbody", {}, found.scores.map(([i, score, power]) => {
          const bar = h("i", { class: "bar" });
          bar.style.width = `${(power / most) * 100}%`;
          return h("tr", { class: i === found.unit ? "own" : "" }, h("td", {}, unitName(layer, i)), h("td", { class: "n" }, fixed(score)), h("td", { class: "n" }, fixed(power)), h("td", {}, h("span", { class: "track" }, bar)));
        })))];
  }

  batchnorm() {
    const f = this.found;
    return [h("p", { class: "say" }, t("lab.say.batchnorm")),
      line(h("span", { class: "paren" }, "("), term(f.x, "x"), sign("−"), term(f.mean, t("lab.moving_mean")), h("span", { class: "paren" }, ")"), sign("÷"), h("span", { class: "paren" }, "√("), term(f.variance, t("lab.moving_variance")), sign("+"), term(String(f.epsilon), "ε"), h("span", { class: "paren" }, ")"), sign("="), term(f.normal, "x̂")),
      line(term(f.gamma, "γ"), sign("·"), term(f.normal, "x̂"), sign("+"), term(f.beta, "β"), sign("="), term(f.value, this.layer.name, "result"))];
  }

  lrn() {
    const f = this.found, squares = f.neighbours.reduce((sum, [, , square]) => sum + square, 0);
    return [h("p", { class: "say" }, t("lab.say.lrn", { count: f.neighbours.length })),
      h("table", { class: "scores" }, h("thead", {}, h("tr", {}, h("th", {}, t("lab.map")), h("th", { class: "n" }, "x"), h("th", { class: "n" }, "x²"))),
        h("tbody", {}, f.neighbours.map(([j, x, square]) => h("tr", { class: j === this.cursor.channel ? "own" : "" }, h("td", {}, String(j + 1)), h("td", { class: "n" }, fixed(x)), h("td", { class: "n" }, fixed(square)))))),
      line(term(f.bias, "k"), sign("+"), term(f.slope, "α"), sign("·"), term(squares, "Σ x²"), sign("="), term(f.size, "s")),
      line(term(f.x, "x"), sign("÷"), term(f.size, `s, ^${f.exponent}`), sign("="), term(f.value, this.layer.name, "result"))];
  }

  flatten() {
    const [row, column, map] = this.found.at;
    return [h("p", { class: "say" }, t("lab.say.flatten", { shape: shape(this.found.shape) })),
      line(term(this.found.value, t("lab.where", { map: map + 1, row: row + 1, column: column + 1 })), sign("→"), term(this.found.value, t("lab.number_of", { number: this.cursor.channel + 1 }), "result"))];
  }

  join() {
    return [h("p", { class: "say" }, t("lab.say.join", { layer: this.found.layer || t("lab.input"), map: this.found.channel + 1 })),
      line(term(this.found.value, this.layer.name, "result"))];
  }

  pointwise() {
    const f = this.found, name = app.texts[`lab.op.${f.name}`] ?? f.name;
    const known = app.texts[`lab.say.${f.name}`];
    return [h("p", { class: "say" }, known ?? t("lab.say.pointwise")),
      line(f.inputs.length > 1 ? f.inputs.map((x, i) => [i ? sign(",") : null, term(x, this.found.reads[i] || "x")]) : f.inputs.length ? term(f.inputs[0], "x") : null,
        sign("→"), f.formula ? h("span", { class: "then" }, f.formula) : h("span", { class: "then" }, name), f.formula ? sign("=") : sign("→"), term(f.value, this.layer.name, "result"))];
  }
}

export const unitName = (layer, channel) => {
  const count = layer.shape.reduce((a, b) => a * b, 1);
  return app.state.classes.length === count && layer.shape.length === 1 ? className(app.state.classes[channel]) : t("lab.unit", { number: channel + 1 });
};
