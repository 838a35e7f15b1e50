// One number, worked out: patch × kernel, sum, bias, activation; windows; normalisation; scores.

import { app, button, className, fill, fixed, h, shape, t, tables } from "./core.js";
import { grid } from "./grid.js";
import { largest } from "./paint.js";
import { Product } from "./product.js";
import { line, sign, term, titled } from "./terms.js";
import { operation } from "./strip.js";

export class Sum {
  // `weigh(tap, cursor)` is called with [u, v, i] when a weight is pointed at.
  constructor(weigh) {
    this.weigh = weigh;
    this.title = h("h2", { id: "sum-title" }, "", h("small", {}));
    this.sub = h("p", { class: "sub" });
    this.body = h("div", {});
    this.after = h("div", {});
    this.element = h("section", { class: "card sum", "aria-labelledby": "sum-title" }, h("header", {}, this.title, this.sub), this.body, this.after);
    this.product_ = this.pooling = null;
  }

  // `bytes`, the arrays behind what is said.
  show(found, bytes, cursor) {
    if (found.window) unpack(found, bytes);
    const layer = app.state.layers.find((l) => l.name === cursor.layer);
    this.same = this.cursor && this.cursor.layer === cursor.layer && this.cursor.channel === cursor.channel;
    if (this.cursor?.layer !== cursor.layer) this.pooling = null;
    Object.assign(this, { found, cursor, layer });
    this.draw();
  }

  draw() {
    const { found, cursor, layer } = this;
    const where = layer.shape.length === 3
      ? t("lab.where", { map: cursor.channel + 1, row: cursor.row + 1, column: cursor.column + 1 })
      : unitName(layer, cursor.channel);
    this.title.firstChild.data = layer.name;
    this.title.lastChild.textContent = where;
    this.sub.textContent = operation(layer);
    if (found.kind === "product") this.product();
    else {
      this.product_ = null;
      fill(this.body, this[found.kind]());
    }
    fill(this.after, this.activation());
  }

  product() {
    const { found, layer, cursor } = this;
    const kept = this.product_?.form === Product.form(found) && this.shownLayer === layer.name;
    if (!kept) {
      this.product_ = new Product(found, (tap) => this.weigh(tap, this.cursor));
      this.shownLayer = layer.name;
      this.body.replaceChildren(...this.product_.elements);
    }
    this.product_.update(found, layer, this.sourceName(), !this.same);
  }

  // The weight that counts most is chosen, and told to `weigh`.
  begin() {
    this.product_.retap(this.product_.strongest);
    this.weigh(this.product_.tap, this.cursor);
  }

  activation() {
    const { found } = this;
    if (!found.activation) return null;
    return line(h("span", { class: "then" }, t(`lab.op.${found.activation}`)), term(found.value, t("lab.before")), sign("→"), term(found.output, t("lab.after"), "result"));
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
        titled(t(`lab.pool.${how}`), grid({ values: [result], height: 1, width: 1 }, { scale: largest(found.patch.values), label: fixed(result), digits: 3, size: 64 }))),
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

// The tables of a window where they belong: a patch, or for each channel a patch and a kernel; and what is no padding.
function unpack(found, bytes) {
  const count = found.channels ? 2 * found.channels.length : 1, all = tables(bytes, found.window, count);
  found.inside = bytes.subarray(4 * count * found.window[0] * found.window[1]);
  if (found.channels) found.channels.forEach((one, i) => Object.assign(one, { patch: all[i], kernel: all[i + count / 2] }));
  else [found.patch] = all;
}

export const unitName = (layer, channel) => {
  const count = layer.shape.reduce((a, b) => a * b, 1);
  return app.state.classes.length === count && layer.shape.length === 1 ? className(app.state.classes[channel]) : t("lab.unit", { number: channel + 1 });
};
