// How one weight learns: loss → what comes back → gradient as a sum over positions → the new weight.

import { app, button, className, fixed, h, newest, packed, percent, query, t, tables, waiting } from "./core.js";
import { largest, signedTable } from "./paint.js";

const STEPS = ["loss", "dy", "gradient", "step"];

export class Learn {
  constructor() {
    this.element = h("section", { class: "card learn", "aria-labelledby": "learn-title" });
    this.rate = 0.1;
    this.label = null;
    this.at = null;
    this.ask = newest(() => this.fetch());
  }

  reset(look) {
    this.look = look;
    this.label = look.label ?? (look.probabilities ? look.probabilities.indexOf(Math.max(...look.probabilities)) : null);
    this.wish = this.found = this.at = null;
    this.draw();
  }

  weigh(tap, cursor) {
    this.wish = { layer: cursor.layer, channel: cursor.channel, u: tap[0], v: tap[1], i: tap[2] };
    this.ask();
  }

  async fetch() {
    if (!this.wish || this.label === null) return;
    const wish = this.wish;
    const slow = setTimeout(() => this.element.replaceChildren(h("header", {}, h("h2", { id: "learn-title" }, t("lab.learn.title"))), waiting()), 400);
    try {
      const [found, bytes] = await packed(query("weight", { look: this.look.look, ...wish, label: this.label, rate: this.rate }));
      [found.dy, found.seen, found.products] = tables(bytes, found.window, 3);
      this.found = found;
      this.error = null;
    } catch (error) {
      clearTimeout(slow);
      if (error.gone) throw error;
      this.found = null;
      this.error = error.message;
    }
    clearTimeout(slow);
    this.draw();
  }

  draw() {
    const head = h("header", {}, h("h2", { id: "learn-title" }, t("lab.learn.title")));
    if (!this.found) {
      this.element.replaceChildren(head, h("div", { class: "empty" }, h("p", {}, this.error ?? t("lab.learn.hint")), this.picture()));
      return;
    }
    const f = this.found;
    const kept = document.activeElement?.dataset?.keep;
    const choice = h("select", { "aria-label": t("lab.learn.class"), data: { keep: "class" }, onchange: (event) => { this.label = Number(event.target.value); this.ask(); } },
      app.state.classes.map((name, i) => h("option", { value: i, selected: i === this.label }, className(name))));
    const rate = h("input", { type: "range", min: -3, max: 0.5, step: 0.1, value: Math.log10(this.rate), "aria-label": t("lab.learn.rate"), data: { keep: "rate" },
      oninput: (event) => { this.rate = Number((10 ** event.target.value).toPrecision(2)); this.ask(); } });
    const most = largest(f.dy.values), shown = (table) => signedTable(table, largest(table.values) || 1e-30);
    const cards = {
      loss: [h("p", {}, t("lab.learn.loss", { probability: percent(f.probability) })), h("p", { class: "field" }, h("span", {}, t("lab.learn.class")), choice),
        figure(`−ln ${fixed(f.probability)} = `, f.loss, "loss")],
      dy: [h("p", {}, t("lab.learn.dy", { map: f.map + 1 })), h("div", { class: "heat" }, shown(f.dy)), h("p", { class: "sub" }, t("lab.learn.dy_range", { most: fixed(most) }))],
      gradient: [h("p", {}, t("lab.learn.gradient", { count: f.dy.values.length })),
        h("div", { class: "heat three" }, shown(f.seen), h("span", { class: "sign" }, "×"), shown(f.dy), h("span", { class: "sign" }, "="), shown(f.products)),
        figure("Σ = ", f.gradient, "gradient")],
      step: [h("p", {}, t("lab.learn.step")), h("p", { class: "field" }, h("span", {}, t("lab.learn.rate")), rate, h("output", {}, String(f.rate))),
        h("p", { class: "formula" }, `${fixed(f.before, 4)} − ${f.rate} · ${f.gradient < 0 ? `(${fixed(f.gradient, 4)})` : fixed(f.gradient, 4)} =`), figure("", f.after, "after", 4)],
    };
    this.element.replaceChildren(head,
      h("div", { class: "walk" }, h("p", { class: "sub" }, t("lab.learn.which", { layer: this.wish.layer, map: f.map + 1, row: f.tap[0] + 1, column: f.tap[1] + 1 })),
        h("div", { class: "segments" }, button("‹", () => this.go(-1), { class: "segment", "aria-label": t("lab.learn.back") }), button(this.at === null ? t("lab.learn.walk") : `${this.at + 1} / ${STEPS.length}`, () => this.go(1), { class: "segment" }), button("›", () => this.go(1), { class: "segment", "aria-label": t("lab.learn.next") }))),
      h("ol", { class: `steps${this.at === null ? "" : " walking"}` }, STEPS.map((name, i) =>
        h("li", { class: i === this.at ? "now" : i < this.at ? "past" : "", "aria-current": i === this.at ? "step" : null, data: { step: name } }, h("h3", {}, t(`lab.learn.${name}_title`)), cards[name]))));
    if (kept) this.element.querySelector(`[data-keep="${kept}"]`)?.focus();
  }

  go(by) {
    this.at = this.at === null ? (by > 0 ? 0 : STEPS.length - 1) : this.at + by;
    if (this.at < 0 || this.at >= STEPS.length) this.at = null;
    this.draw();
  }

  picture() {
    return h("p", { class: "chain", "aria-hidden": "true" }, "L", h("i", {}, "→"), "∂y", h("i", {}, "→"), "∂w", h("i", {}, "→"), "w′");
  }
}

const figure = (before, value, name, digits = 3) => h("p", { class: "figure" }, before, h("b", { data: { exact: value, figure: name } }, fixed(value, digits)));
