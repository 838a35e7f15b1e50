// A weighted sum: patch × kernel, map by map. Its elements stay while the pointer moves within a layer.

import { app, button, fixed, h, t } from "./core.js";
import { Grid } from "./grid.js";
import { largest, signedGrid } from "./paint.js";
import { line, sign, term, titled } from "./terms.js";

// The tap [u, v, i] of the products that counts most.
function largestAt(products, index) {
  let found = [0, 0, index], most = -1;
  products.forEach((row, r) => row.forEach((value, c) => { if (Math.abs(value) > most) { most = Math.abs(value); found = [r, c, index]; } }));
  return found;
}

const times = (one) => one.patch.map((row, r) => row.map((value, c) => value * one.kernel[r][c]));

export class Product {
  // `weigh(tap)` is called with [u, v, i] when a weight is pointed at.
  constructor(found, weigh) {
    this.form = Product.form(found);
    this.several = found.channels.length + found.others.count > 1;
    this.weigh = weigh;
    this.channel = this.tap = null;
    this.say = h("p", { class: "say" });
    this.line = line();
    this.patch = new Grid({ label: t("lab.patch") });
    this.kernel = new Grid({ label: t("lab.kernel"), pick: (r, c) => this.point(r, c) });
    this.products = new Grid({ label: t("lab.products") });
    this.from = h("small", {});
    this.sum = h("small", {});
    this.triples = this.several ? found.channels.map((_, i) => this.triple(i)) : [];
    this.rest = h("span", { class: "rest" });
    this.elements = [this.say, this.line, h("div", { class: "product" },
      titled(t("lab.patch"), this.patch.element, this.from), sign("×"),
      titled(t("lab.kernel"), this.kernel.element, h("small", {}, t("lab.point_at_weight"))), sign("="),
      titled(t("lab.products"), this.products.element, this.sum)),
    this.several ? h("div", { class: "others" }, h("h3", {}, t("lab.every_map")), h("div", { class: "terms" }, this.triples.map((one) => one.element), this.rest)) : ""];
  }

  // What has to be the same for the elements to stay.
  static form(found) {
    return [found.channels.length, found.others.count, found.channels[0].patch.length, found.channels[0].patch[0].length, found.folded].join();
  }

  // `from`, the name of what is read; `dense`, whether the layer is dense.
  update(found, layer, from, newNeuron) {
    if (newNeuron) this.channel = this.tap = null;
    Object.assign(this, { found, layer, fromName: from });
    const window = `${found.channels[0].patch.length}×${found.channels[0].patch[0].length}`;
    const kind = layer.operation === "dense" ? (found.folded ? "dense" : "template") : this.several ? "product" : "product_one";
    this.say.textContent = t(`lab.say.${kind}`, { window, from, count: found.channels.length + found.others.count, numbers: found.count });
    this.line.replaceChildren(term(found.total, t("lab.sum_of", { count: found.count })), sign("+"), term(found.bias, t("lab.bias")), sign("="),
      term(found.value, found.activation ? t("lab.before") : layer.name, found.activation ? "" : "result"));
    this.order = [...found.channels].sort((a, b) => a.channel - b.channel);
    this.choose(found.channels.find((one) => one.channel === this.channel) ?? found.channels[0]);
    this.triples.forEach((triple, i) => triple.update(this.order[i]));
    this.rest.textContent = found.others.count ? t("lab.others", { count: found.others.count, sum: fixed(found.others.sum) }) : "";
  }

  // Show one map's part of the sum in full.
  choose(one) {
    const { found } = this, products = times(one);
    this.channel = one.channel;
    this.one = one;
    this.strongest = largestAt(products, one.index);
    this.patch.update(one.patch, { scale: found.scales[0], inside: found.inside });
    this.kernel.update(one.kernel, { scale: found.scales[1], mark: this.chosen });
    this.products.update(products, { inside: found.inside });
    this.from.textContent = this.several && !found.folded ? t("lab.of_map", { map: one.channel + 1, layer: this.fromName }) : this.fromName;
    this.sum.textContent = `Σ = ${fixed(one.sum)}`;
    for (const triple of this.triples) triple.press(triple.channel === one.channel);
  }

  chosen = (r, c) => (this.tap && this.tap[0] === r && this.tap[1] === c && this.tap[2] === this.one.index ? "chosen" : "");

  point(r, c) {
    if (this.chosen(r, c)) return;
    this.retap([r, c, this.one.index]);
    this.weigh(this.tap);
  }

  retap(tap) {
    this.tap = tap;
    this.kernel.at = tap.slice(0, 2);
    this.kernel.mark(this.chosen);
  }

  // One map's part in small: patch, kernel and products in one picture.
  triple(i) {
    const canvas = h("canvas", {}), sum = h("b", {}), number = h("small", {});
    const made = { channel: null, element: button([canvas, sum, number], () => { this.tap = null; this.choose(this.order[i]); made.press(true); }, { class: "triple", "aria-pressed": "false" }) };
    made.press = (on) => { if (made.element.getAttribute("aria-pressed") !== String(on)) made.element.setAttribute("aria-pressed", String(on)); };
    made.update = (one) => {
      made.channel = one.channel;
      const [a, b] = this.found.scales, products = times(one), most = largest(products), gap = Array(Math.max(1, Math.round(one.patch[0].length / 5))).fill(null);
      signedGrid(one.patch.map((row, r) => [...row.map((v) => v / (a || 1)), ...gap, ...one.kernel[r].map((v) => v / (b || 1)), ...gap, ...products[r].map((v) => v / (most || 1))]), 1, canvas);
      sum.textContent = fixed(one.sum, 2);
      number.textContent = String(one.channel + 1);
      made.element.setAttribute("aria-label", t("lab.map_sum", { map: one.channel + 1, sum: fixed(one.sum) }));
      made.press(one.channel === this.channel);
    };
    return made;
  }
}
