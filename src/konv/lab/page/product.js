// A weighted sum: patch × kernel, map by map. Its elements stay while the pointer moves within a layer.

import { app, button, fixed, h, t } from "./core.js";
import { Grid } from "./grid.js";
import { CLEAR, largest, levelled, sheet } from "./paint.js";
import { line, sign, term, titled } from "./terms.js";

// The tap [u, v, i] of the products that counts most.
function largestAt(products, index) {
  let found = [0, 0, index], most = -1;
  products.values.forEach((value, i) => { if (Math.abs(value) > most) { most = Math.abs(value); found = [Math.floor(i / products.width), i % products.width, index]; } });
  return found;
}

const times = ({ patch, kernel }) => ({ ...patch, values: patch.values.map((value, i) => value * kernel.values[i]) });
const TALL = 28, WIDE = 128; // pixels of a small picture at most

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
    this.sheet = h("canvas", { "aria-hidden": "true" });
    this.rest = h("span", { class: "rest" });
    this.elements = [this.say, this.line, h("div", { class: "product" },
      titled(t("lab.patch"), this.patch.element, this.from), sign("×"),
      titled(t("lab.kernel"), this.kernel.element, h("small", {}, t("lab.point_at_weight"))), sign("="),
      titled(t("lab.products"), this.products.element, this.sum)),
    this.several ? h("div", { class: "others" }, h("h3", {}, t("lab.every_map")), this.terms = h("div", { class: "terms" }, this.triples.map((one) => one.element), this.rest, this.sheet)) : ""];
    if (this.several) new ResizeObserver(() => { this.places = null; this.paint(); }).observe(this.terms);
  }

  // What has to be the same for the elements to stay.
  static form(found) {
    return [found.channels.length, found.others.count, found.window, found.folded].join();
  }

  // `from`, the name of what is read; `dense`, whether the layer is dense.
  update(found, layer, from, newNeuron) {
    if (newNeuron) this.channel = this.tap = null;
    Object.assign(this, { found, layer, fromName: from });
    const window = found.window.join("×");
    const kind = layer.operation === "dense" ? (found.folded ? "dense" : "template") : this.several ? "product" : "product_one";
    this.say.textContent = t(`lab.say.${kind}`, { window, from, count: found.channels.length + found.others.count, numbers: found.count });
    this.line.replaceChildren(term(found.total, t("lab.sum_of", { count: found.count })), sign("+"), term(found.bias, t("lab.bias")), sign("="),
      term(found.value, found.activation ? t("lab.before") : layer.name, found.activation ? "" : "result"));
    this.order = [...found.channels].sort((a, b) => a.channel - b.channel);
    this.choose(found.channels.find((one) => one.channel === this.channel) ?? found.channels[0]);
    this.triples.forEach((triple, i) => triple.update(this.order[i]));
    this.paint();
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
    const picture = h("i", {}), sum = h("b", {}), number = h("small", {});
    const made = { channel: null, picture, element: button([picture, sum, number], () => { this.tap = null; this.choose(this.order[i]); made.press(true); }, { class: "triple", "aria-pressed": "false" }) };
    made.press = (on) => { if (made.element.getAttribute("aria-pressed") !== String(on)) made.element.setAttribute("aria-pressed", String(on)); };
    made.update = (one) => {
      made.channel = one.channel;
      sum.textContent = fixed(one.sum, 2);
      number.textContent = String(one.channel + 1);
      made.element.setAttribute("aria-label", t("lab.map_sum", { map: one.channel + 1, sum: fixed(one.sum) }));
      made.press(one.channel === this.channel);
    };
    return made;
  }

  // All small pictures, in one canvas.
  paint() {
    if (!this.several || !this.order) return;
    const { window: [height, width], scales } = this.found, gap = Math.max(1, Math.round(width / 5)), whole = 3 * width + 2 * gap;
    const levels = new Int8Array(this.order.length * height * whole).fill(CLEAR);
    this.order.forEach((one, i) => {
      const products = times(one), parts = [[one.patch, scales[0]], [one.kernel, scales[1]], [products, largest(products.values)]];
      parts.forEach(([table, scale], k) => levelled(table, scale, levels, i * height * whole + k * (width + gap), whole));
    });
    const scale = Math.min(TALL / height, WIDE / whole), size = [whole * scale, height * scale];
    if (!this.places) { // read once, until the form changes
      for (const { picture } of this.triples) picture.style.width = `${size[0]}px`;
      const all = this.terms.getBoundingClientRect();
      this.size = [all.width, all.height];
      this.places = this.triples.map(({ picture }) => { const area = picture.getBoundingClientRect(); return [area.left - all.left, area.top - all.top + (TALL - size[1]) / 2, ...size]; });
    }
    if (this.size[0]) sheet(levels, height, whole, this.places, this.size, this.sheet);
  }
}
