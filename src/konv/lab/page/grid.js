// A grid of numbers on their colours. It is made once for its shape; another number then changes one cell, for what has
// not changed need not be laid out and painted again while a pointer moves.

import { fixed, h, t } from "./core.js";
import { cssColour, dark, largest, numbered, signedTable } from "./paint.js";

const MOST = 5; // cells along a side, up to which each is an element; larger grids are one picture
const WRITTEN = 7; // cells along a side, up to which their numbers are in it

export class Grid {
  // `pick(r, c)` is called when a cell is pointed at or chosen by a key; `digits` of the numbers; `size` of a cell. What
  // is shown are tables: { values, height, width }, the values row by row.
  constructor({ label, pick = null, digits = 2, size = null }) {
    Object.assign(this, { pick, digits, size, shown: [] });
    this.element = h("div", { class: "grid", role: pick ? "group" : "img", "aria-label": label });
  }

  // `inside` says of each cell whether it is no padding; `mark(r, c)` gives a class, or nothing.
  update(table, { scale = largest(table.values), inside = null, mark = null } = {}) {
    this.table = table;
    const { values, height, width } = table, form = `${height}×${width}`;
    if (form !== this.form) { this.form = form; this.build(height, width); }
    if (this.canvas) this.paint(scale, inside, mark);
    else values.forEach((value, i) => this.cell(i, value, scale, inside && !inside[i], mark?.(Math.floor(i / width), i % width) ?? ""));
    return this;
  }

  build(height, width) {
    const count = Math.max(height, width);
    this.side = this.size ?? (count <= MOST ? 36 : count <= WRITTEN ? 34 : Math.max(4, Math.min(22, Math.floor(260 / count))));
    this.shown = [];
    this.canvas = count > MOST ? h("canvas", {}) : null;
    this.element.classList.toggle("whole", Boolean(this.canvas));
    if (this.canvas) { this.whole(height, width); return; }
    this.element.style.gridTemplateColumns = `repeat(${width}, ${this.side}px)`;
    this.element.style.gridAutoRows = `${this.side}px`;
    this.cells = Array.from({ length: height * width }, (_, i) => this.empty(Math.floor(i / width), i % width, width));
    this.element.replaceChildren(...this.cells);
  }

  empty(r, c, width) {
    if (!this.pick) return h("span", { class: "cell" });
    const point = () => this.pick(r, c);
    return h("button", { type: "button", class: "cell", tabindex: r + c ? "-1" : "0", onclick: point, onpointerenter: point, onfocus: point, onkeydown: (event) => this.step(event, width) });
  }

  words(value) { return fixed(value, this.digits).replace(/^(−?)0\./, "$1."); }

  cell(at, value, scale, out, mark) {
    const { back, ink } = out ? { back: "", ink: "" } : cssColour(value, scale);
    const words = out ? "" : this.words(value);
    const cell = this.cells[at], before = this.shown[at] ?? {};
    if (before.value !== value) {
      cell.dataset.value = value;
      if (this.pick) cell.setAttribute("aria-label", t("lab.weight_at", { row: Math.floor(at / this.table.width) + 1, column: (at % this.table.width) + 1, value: fixed(value) }));
    }
    if (before.back !== back) { cell.style.background = back; cell.style.color = ink; }
    if (before.words !== words) cell.textContent = words;
    const kind = `cell${out ? " outside" : ""}${mark ? ` ${mark}` : ""}`;
    if (before.kind !== kind) cell.className = kind;
    this.shown[at] = { value, back, words, kind };
  }

  // Arrow keys within a grid of buttons: one of them is in the order of Tab at a time.
  step(event, width) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = this.cells[this.cells.indexOf(event.target) + by];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  // One picture, with a frame around the cell that was chosen.
  whole(height, width) {
    this.at = [0, 0];
    this.frame = h("i", { class: "frame", hidden: true });
    Object.assign(this.canvas.style, { width: `${width * this.side}px`, height: `${height * this.side}px` });
    this.element.style.gridTemplateColumns = this.element.style.gridAutoRows = "";
    this.element.replaceChildren(this.canvas, this.frame);
    const point = (r, c) => {
      this.at = [Math.max(0, Math.min(height - 1, r)), Math.max(0, Math.min(width - 1, c))];
      this.element.title = fixed(this.table.values[this.at[0] * width + this.at[1]]);
      this.pick?.(...this.at);
    };
    this.element.onclick = this.element.onpointermove = (event) => {
      const area = this.canvas.getBoundingClientRect();
      point(Math.floor((event.clientY - area.top) / this.side), Math.floor((event.clientX - area.left) / this.side));
    };
    if (!this.pick) return;
    this.element.tabIndex = 0;
    this.element.onkeydown = (event) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!by) return;
      event.preventDefault();
      point(this.at[0] + by[0], this.at[1] + by[1]);
    };
  }

  paint(scale, inside, mark) {
    const { table, painted = {} } = this, scheme = dark();
    if (painted.table !== table || painted.scale !== scale || painted.scheme !== scheme) {
      if (Math.max(table.height, table.width) <= WRITTEN) numbered(table, scale, this.side, (value) => this.words(value), this.canvas, inside);
      else signedTable(table, scale, this.canvas, inside);
    }
    this.painted = { table, scale, scheme };
    this.mark(mark);
  }

  // Mark other cells.
  mark(mark) {
    if (!this.canvas) {
      const { width } = this.table;
      this.cells.forEach((cell, i) => {
        const kind = mark?.(Math.floor(i / width), i % width) ?? "", before = this.shown[i];
        const whole = `cell${before.kind.includes(" outside") ? " outside" : ""}${kind ? ` ${kind}` : ""}`;
        if (whole !== before.kind) cell.className = before.kind = whole;
      });
      return;
    }
    const [r, c] = this.at;
    this.frame.hidden = !mark?.(r, c);
    Object.assign(this.frame.style, { top: `${r * this.side}px`, left: `${c * this.side}px`, width: `${this.side}px`, height: `${this.side}px` });
  }
}

// A grid that is shown once.
export const grid = (table, { label, digits, size, ...more } = {}) => new Grid({ label, digits, size }).update(table, more).element;
