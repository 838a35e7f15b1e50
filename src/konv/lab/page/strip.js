// The network as a strip: the image on the left, every layer's feature maps to its right, the answer at the end.

import { app, announce, button, className, fill, fixed, h, newest, packed, percent, query, shape, t } from "./core.js";
import { Overlay } from "./overlay.js";
import { picture, sheet } from "./paint.js";

const FIRST = 12;
const GAP = 6; // pixels between maps, as in lab.css
const LISTED = 24;
const side = (height) => (height > 60 ? 92 : height > 30 ? 80 : height > 16 ? 60 : height > 9 ? 52 : height > 5 ? 44 : 36);
const isMap = (layer) => layer.shape.length === 3;

export class Strip {
  // `changed(found, bytes, cursor)` is called with what the server says of the number under the cursor.
  constructor(changed) {
    this.changed = changed;
    this.cursor = null;
    this.pinned = false;
    this.columns = new Map();
    this.ask = newest(() => this.fetch());
    this.inner = h("div", { class: "inner" });
    this.overlay = new Overlay(this.inner);
    this.overlay.again = () => this.outline();
    this.element = h("div", {
      class: "strip", tabindex: "0", role: "application", "aria-label": t("lab.strip"), "aria-describedby": "strip-keys",
      onkeydown: (event) => this.key(event), onpointermove: (event) => this.over(event), onpointerleave: () => this.out(),
      onclick: (event) => this.pin(event), onscroll: () => this.overlay.scrolled(),
    }, this.inner);
    this.watcher = new IntersectionObserver((seen) => {
      for (const entry of seen) if (entry.isIntersecting) this.load(entry.target.dataset.layer);
    }, { root: null, rootMargin: "300px" });
  }

  // Show the look: the image first, the maps as they come.
  show(look) {
    this.look = look;
    this.watcher.disconnect();
    this.columns.clear();
    const input = this.inputColumn(look);
    this.inner.replaceChildren(this.overlay.element, input, ...app.state.layers.map((layer, i) => this.column(layer, i)));
    for (const { element } of this.columns.values()) this.watcher.observe(element);
  }

  inputColumn(look) {
    const [height, width, channels] = look.shape;
    const map = h("div", { class: "map image" }, picture(look.pixels, height, width, channels));
    this.input = { map, height, width };
    return h("section", { class: "column input" }, h("h2", {}, t("lab.input")), h("p", { class: "sub" }, shape(look.shape)), map);
  }

  column(layer, index) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const body = h("div", { class: "maps" }, canvas);
    const more = h("p", { class: "more" });
    const element = h("section", { class: "column", data: { layer: layer.name } },
      h("h2", {}, layer.name), h("p", { class: "sub" }, operation(layer), h("br"), shape(layer.shape)), body, more);
    const column = { layer, index, element, body, canvas, more, maps: [], state: "empty", shown: FIRST };
    this.columns.set(layer.name, column);
    if (isMap(layer)) this.places(column, Math.min(layer.shape[2], FIRST));
    return element;
  }

  // Empty places for `count` maps of a layer, which its canvas then fills.
  places(column, count) {
    const [height, width] = column.layer.shape, wide = side(height), tall = (wide * height) / width;
    const across = count > 64 ? 8 : count > 24 ? 4 : count > 4 ? 2 : 1;
    column.body.style.gridTemplateColumns = `repeat(${across}, ${wide}px)`;
    column.maps = Array.from({ length: count }, (_, c) => this.map(column, c, height, width, [wide, tall]));
    column.areas = column.maps.map((_, c) => [(c % across) * (wide + GAP), Math.floor(c / across) * (tall + GAP), wide, tall]);
    column.size = [across * (wide + GAP) - GAP, Math.ceil(count / across) * (tall + GAP) - GAP];
    column.body.replaceChildren(...column.maps.map((m) => m.element), column.canvas);
  }

  async load(name, all = false) {
    const column = this.columns.get(name);
    if (!column || (column.state !== "empty" && !all)) return;
    column.state = "loading";
    const look = this.look.look;
    if (all) column.shown = 512;
    const vector = !isMap(column.layer);
    const ask = { look, layer: name, first: 0, count: vector ? 16384 : column.shown };
    try {
      const [head, levels] = await packed(query("maps", ask));
      if (this.look.look !== look) return;
      vector ? this.units(column, levels) : this.fill(column, head, levels);
      column.state = "shown";
      this.overlay.forget();
      this.outline();
    } catch (error) {
      column.state = "empty";
      if (!error.gone) column.body.replaceChildren(h("p", { class: "sub" }, error.message));
    }
  }

  fill(column, head, levels) {
    const [height, width, count] = head.shape;
    if (column.maps.length !== count) this.places(column, count);
    sheet(new Int8Array(levels.buffer, levels.byteOffset, levels.length), height, width, column.areas, column.size, column.canvas);
    for (const { element } of column.maps) element.classList.remove("blank");
    const rest = head.of - count;
    fill(column.more, rest > 0 ? button(t("lab.more_maps", { count: rest }), () => this.load(column.layer.name, true), { class: "link" }) : null);
  }

  // The place of a picture of `rows` × `columns` numbers.
  map(column, channel, rows, columns, [wide, tall]) {
    const element = h("div", { class: "map blank", data: { layer: column.layer.name, channel, rows, columns } });
    Object.assign(element.style, { width: `${wide}px`, height: `${tall}px` });
    return { element, channel, rows, columns };
  }

  units(column, levels) {
    const { layer } = column;
    const count = levels.length;
    const values = new Int8Array(levels.buffer, levels.byteOffset, count);
    const last = app.state.layers.at(-1).name === layer.name;
    if (count > LISTED) {
      const fold = Math.max(4, Math.ceil(Math.sqrt(count / 8)));
      const rows = Math.ceil(count / fold);
      const filled = new Int8Array(rows * fold);
      filled.set(values);
      const cell = Math.max(2, Math.min(9, Math.floor(300 / rows))), size = [fold * cell, rows * cell];
      const map = Object.assign(this.map(column, 0, rows, fold, size), { folded: true });
      sheet(filled, rows, fold, [[0, 0, ...size]], size, column.canvas);
      map.element.classList.remove("blank");
      column.maps = [map];
      column.body.replaceChildren(map.element, column.canvas);
      return;
    }
    const names = app.state.classes.length === count ? app.state.classes.map(className) : null;
    const best = values.indexOf(Math.max(...values));
    column.maps = Array.from(values, (value, c) => {
      const share = last && this.look.probabilities ? this.look.probabilities[c] : Math.abs(value) / 127;
      const bar = h("i", { class: value < 0 ? "bar warm" : "bar" });
      bar.style.width = `${Math.max(share * 100, 1)}%`;
      const figure = last && this.look.probabilities ? h("b", {}, percent(share)) : null;
      const element = h("div", { class: `unit${last && c === best ? " best" : ""}`, data: { layer: layer.name, channel: c } },
        h("span", { class: "name" }, names ? names[c] : String(c + 1)), figure, h("span", { class: "track" }, bar));
      return { element, channel: c, rows: 1, columns: 1 };
    });
    column.body.classList.add("list");
    column.body.replaceChildren(...column.maps.map((m) => m.element));
  }

  // Where the pointer is, as a number of the network; null where there is none.
  at(event) {
    const element = event.target.closest?.("[data-layer][data-channel]");
    if (!element || !this.element.contains(element)) return null;
    const { layer } = element.dataset, { maps, layer: { shape: sizes } } = this.columns.get(layer);
    const map = maps.find((m) => m.element === element), [left, top, wide, tall] = this.overlay.area(element);
    if (!map || element.classList.contains("blank")) return null;
    const origin = this.inner.getBoundingClientRect();
    const column = Math.floor(((event.clientX - origin.left - left) / wide) * map.columns);
    const row = Math.floor(((event.clientY - origin.top - top) / tall) * map.rows);
    if (column < 0 || row < 0 || column >= map.columns || row >= map.rows) return null;
    if (!map.folded) return { layer, row, column, channel: map.channel };
    const channel = row * map.columns + column;
    return channel < sizes.reduce((a, b) => a * b, 1) ? { layer, row: 0, column: 0, channel } : null;
  }

  over(event) {
    if (this.pinned || event.pointerType === "touch") return;
    const place = this.at(event);
    if (place) this.move(place);
  }

  out() { /* the last answer stays: it is read below */ }

  pin(event) {
    const place = this.at(event);
    if (!place) return;
    const same = this.cursor && JSON.stringify(place) === JSON.stringify(this.cursor);
    this.setPinned(!(this.pinned && same));
    this.move(place, true);
  }

  setPinned(value) {
    this.pinned = value;
    this.element.classList.toggle("pinned", value);
    this.onpin?.(value);
  }

  move(place, say = false) {
    if (this.cursor && JSON.stringify(place) === JSON.stringify(this.cursor)) return;
    this.cursor = place;
    this.say = say;
    this.mark();
    this.ask();
  }

  async fetch() {
    const cursor = this.cursor, look = this.look.look;
    const [found, bytes] = await packed(query("neuron", { look, ...cursor }));
    if (cursor !== this.cursor || look !== this.look.look) return;
    this.found = found;
    this.outline();
    this.changed(found, bytes, cursor);
    if (this.say) announce(t("lab.spoken", { layer: cursor.layer, map: cursor.channel + 1, row: cursor.row + 1, column: cursor.column + 1, value: fixed(found.output) }));
  }

  // A unit under the cursor, framed; a map is framed by the overlay.
  mark() {
    const element = this.spot(this.cursor)?.element;
    if (element === this.marked) return;
    if (this.marked?.classList.contains("unit")) this.marked.classList.remove("here");
    if (element?.classList.contains("unit")) element.classList.add("here");
    this.marked = element;
  }

  spot(cursor) {
    const column = cursor && this.columns.get(cursor.layer);
    if (!column) return null;
    return column.maps.find((m) => m.folded || m.channel === cursor.channel) ?? null;
  }

  // What the number was computed from: a frame on the image and on every map between, and lines from what it read.
  outline() {
    this.mark();
    if (!this.found || !this.cursor) { this.overlay.draw([], null, []); return; }
    const { found, cursor } = this, here = this.spot(cursor);
    const own = ["pool", "pointwise", "batchnorm"].includes(found.kind) ? cursor.channel : null; // reads one map alone
    const source = found.source ?? found.reads[0], frames = [], from = [];
    for (const { layer, box } of found.regions) {
      if (layer === app.state.input) {
        const frame = [this.input.map, box, this.input.height, this.input.width];
        frames.push(frame);
        if (source === "") from.push(frame);
        continue;
      }
      const column = this.columns.get(layer);
      if (!column || !isMap(column.layer)) continue;
      for (const { element, channel } of column.maps) {
        if (own !== null && found.reads.includes(layer) && channel !== own) continue;
        const frame = [element, box, column.layer.shape[0], column.layer.shape[1]];
        frames.push(frame);
        if (layer === source) from.push(frame);
      }
    }
    this.overlay.draw(frames, here && this.frame(here), from);
  }

  // The one number, or the whole of a unit in a list.
  frame({ element, folded, rows, columns }) {
    const { row, column, channel } = this.cursor, [r, c] = folded ? [Math.floor(channel / columns), channel % columns] : [row, column];
    return [element, [r, c, r + 1, c + 1], rows, columns];
  }

  // Arrows move within a map; with Shift, to the next map and the next layer.
  key(event) {
    const names = app.state.layers.map((l) => l.name);
    const cursor = this.cursor ?? { layer: names[0], row: 0, column: 0, channel: 0 };
    const { layer } = this.columns.get(cursor.layer);
    const [height, width, count] = isMap(layer) ? layer.shape : [1, 1, layer.shape.reduce((a, b) => a * b, 1)];
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") { this.setPinned(false); return; }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.setPinned(!this.pinned); return; }
    if (!by) return;
    event.preventDefault();
    const next = { ...cursor };
    const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
    if (by[1] && (event.shiftKey || !isMap(layer))) {
      const to = this.columns.get(names[clamp(names.indexOf(cursor.layer) + by[1], names.length)]).layer;
      next.layer = to.name;
      const sizes = isMap(to) ? to.shape : [1, 1, to.shape.reduce((a, b) => a * b, 1)];
      next.row = clamp(isMap(layer) ? Math.floor((cursor.row * sizes[0]) / height) : Math.floor(sizes[0] / 2), sizes[0]);
      next.column = clamp(isMap(layer) ? Math.floor((cursor.column * sizes[1]) / width) : Math.floor(sizes[1] / 2), sizes[1]);
      next.channel = clamp(cursor.channel, sizes[2]);
      this.load(to.name);
      this.columns.get(to.name).element.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.shiftKey || !isMap(layer)) next.channel = clamp(cursor.channel + by[0], count);
    else {
      next.row = clamp(cursor.row + by[0], height);
      next.column = clamp(cursor.column + by[1], width);
    }
    this.move(next, true);
  }
}

export function operation(layer) {
  const name = app.texts[`lab.op.${layer.operation}`] ?? layer.operation.replaceAll("_", " ");
  return layer.activation ? `${name} + ${app.texts[`lab.op.${layer.activation}`] ?? layer.activation}` : name;
}
