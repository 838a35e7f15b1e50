// Network: every layer as a solid to scale, what reads what, and each one's explanation.

import { app, button, fill, h, json, shape, t, whole } from "./core.js";
import { folded } from "./fold.js";
import { Overview } from "./overview.js";

const TALL = 170, SLANT = 0.3;
let data, chosen, panel, picture, overview, fold;
let opened = new Set(), all = false; // stacks that are unfolded; whether all are

export async function enter() {
  data = await json("network");
  if (!data.layers.some((l) => l.name === chosen)) chosen = data.layers.find((l) => l.parameters)?.name ?? data.layers[0].name;
  panel = h("section", { class: "card detail", "aria-live": "polite" });
  picture = h("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": t("lab.network.drawing") });
  overview = new Overview(picture);
  fold = button(t("lab.network.fold"), () => { all = !all; opened = new Set(); draw(); });
  all = false;
  opened = new Set();
  draw();
  explain();
  const bytes = data.total.bytes;
  return [h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.network.title")), h("p", { class: "intro" }, t("lab.network.intro"))),
    h("div", { class: "figures" }, [["parameters", whole(data.total.parameters)], ["macs", whole(data.total.macs)], ["bytes", size(bytes)]].map(([name, value]) =>
      h("div", {}, h("p", { class: "big" }, value), h("small", {}, t(`lab.network.${name}`)))))), h("section", { class: "card drawn" }, h("div", { class: "survey" }, overview.element, fold), picture), panel];
}

export function shown() { overview.refresh(); }

export const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`);

// Columns by the longest way from the input; within a column, rows in the order of the layers.
function places(layers) {
  const depth = new Map([["", 0]]), rows = new Map();
  for (const layer of layers) {
    const own = Math.max(0, ...layer.reads.map((name) => depth.get(name) ?? 0)) + 1;
    depth.set(layer.name, own);
    rows.set(own, [...(rows.get(own) ?? []), layer.name]);
  }
  return { depth, rows };
}

// A solid's sizes in pixels: height and width by the square root of the map's, depth by the logarithm of the channels.
function sizes(shapes, most) {
  const [height, width, channels] = shapes.length === 3 ? shapes : [1, 1, shapes.reduce((a, b) => a * b, 1)];
  if (shapes.length !== 3) return { h: Math.max(18, Math.min(TALL, 12 * Math.log2(channels + 1))), w: 5, d: 7 };
  const scale = (TALL - 10) / Math.sqrt(most);
  return { h: 8 + Math.sqrt(height) * scale * 0.74, d: (8 + Math.sqrt(width) * scale) * SLANT, w: 4 + 5 * Math.log2(channels + 1) };
}

function draw() {
  const visible = data.layers.filter((l) => !l.hidden), stacks = folded(visible, new Set()).filter((l) => l.folded).map((l) => l.name);
  if (all) opened = new Set(stacks);
  const layers = folded(visible, opened);
  if (!layers.some((l) => l.name === chosen)) chosen = layers.find((l) => l.folded?.some((f) => f.name === chosen))?.name ?? layers[0].name;
  fold.hidden = !stacks.length;
  all = opened.size > 0;
  fold.textContent = t(all ? "lab.network.fold" : "lab.network.unfold");
  const most = Math.max(data.input[0], ...layers.filter((l) => l.shape.length === 3).map((l) => l.shape[0]));
  const solids = [{ name: "", shape: data.input, reads: [], parameters: 0 }, ...layers];
  const { depth, rows } = places(layers);
  const tall = Math.max(1, ...[...rows.values()].map((names) => names.length));
  const columns = Math.max(0, ...depth.values()) + 1;
  // Rows are as far apart as the tallest solid of those columns that have several.
  const room = tall === 1 ? TALL : Math.max(40, ...layers.filter((l) => rows.get(depth.get(l.name)).length > 1).map((l) => { const s = sizes(l.shape, most); return s.h + s.d; }));
  const gap = room + 50, roof = layers.some((l) => l.reads.some((name) => depth.get(l.name) - (depth.get(name) ?? 0) > 1)) ? 34 : 0;
  const widths = Array(columns).fill(0);
  for (const layer of solids) { const s = sizes(layer.shape, most); const at = depth.get(layer.name); widths[at] = Math.max(widths[at], s.w + s.d, 66); }
  const starts = widths.reduce((found, width) => [...found, found.at(-1) + width + 26], [12]);
  const height = Math.max(tall * gap, TALL + 50) + roof, where = new Map();
  for (const layer of solids) {
    const column = depth.get(layer.name), names = column ? rows.get(column) : [""];
    const s = sizes(layer.shape, most), row = names.indexOf(layer.name);
    const middle = roof + (height - roof - names.length * gap) / 2 + row * gap + room / 2 + 4;
    const x = starts[column] + (widths[column] - s.w - s.d) / 2;
    where.set(layer.name, { ...s, x, y: middle - s.h / 2 - s.d / 2 + s.d, middle, below: middle + (names.length > 1 ? room : Math.max(room, s.h + s.d)) / 2 });
  }
  const svg = h("svg", { width: starts.at(-1), height, role: "group", "aria-label": t("lab.network.drawing") });
  for (const layer of layers) for (const name of layer.reads) {
    const a = where.get(name), b = where.get(layer.name);
    if (!a) continue;
    const [x1, y1, x2, y2] = [a.x + a.w + a.d, a.middle, b.x, b.middle];
    const far = depth.get(layer.name) - depth.get(name) > 1;
    const lift = far ? Math.max(4, Math.min(y1, y2) - room / 2 - 26) : null;
    svg.append(h("path", { class: "wire", d: far ? `M${x1} ${y1}C${x1 + 16} ${lift} ${x1 + 24} ${lift} ${(x1 + x2) / 2} ${lift}S${x2 - 16} ${lift} ${x2} ${y2}` : `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}` }));
  }
  for (const layer of solids) svg.append(...(layer.folded ? [stack(layer, where.get(layer.name))] : [solid(layer, where.get(layer.name))]));
  picture.replaceChildren(svg);
  overview.draw([...where.values()], starts.at(-1), height);
}

// Blocks that are folded: cards behind one another; a second choice unfolds them.
function stack(layer, place) {
  const group = solid(layer, place), { x, y, w, h: tall, d } = place;
  group.classList.add("stack-of");
  for (const by of [10, 5]) group.prepend(h("rect", { x: x + by, y: y - by, width: w + d, height: tall, rx: 4 }));
  for (const old of group.querySelectorAll("polygon")) old.remove();
  group.insertBefore(h("rect", { x, y, width: w + d, height: tall, rx: 4 }), group.querySelector("text"));
  group.insertBefore(h("text", { class: "times", x: x + (w + d) / 2, y: y + tall / 2 + 5 }, `+${layer.blocks}`), group.querySelector("text"));
  return group;
}

// The solid after or before one, by keys.
function step(from, by) {
  const others = [...picture.querySelectorAll(".solid[role=button]")], next = others[others.indexOf(from) + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "center" });
}

function solid(layer, { x, y, w, h: tall, d, below }) {
  const points = (list) => list.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ");
  const name = layer.folded ? t("lab.network.more_blocks", { count: layer.blocks }) : layer.name || t("lab.input");
  const pick = () => { if (layer.name) { chosen = layer.name; for (const other of picture.querySelectorAll(".solid")) mark(other, other.dataset.layer === chosen); explain(); } };
  const key = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by && !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    if (by) step(group, by);
    else pick();
  };
  const group = h("g", { class: `solid${layer.parameters ? "" : " plain"}`, role: layer.name ? "button" : null, tabindex: layer.name ? "-1" : null, data: { layer: layer.name },
    "aria-label": layer.name ? `${name}, ${shape(layer.shape)}` : null, onclick: pick, onkeydown: key },
    h("polygon", { class: "lid", points: points([[x, y], [x + d, y - d], [x + w + d, y - d], [x + w, y]]) }),
    h("polygon", { class: "side", points: points([[x + w, y], [x + w + d, y - d], [x + w + d, y + tall - d], [x + w, y + tall]]) }),
    h("polygon", { points: points([[x, y], [x + w, y], [x + w, y + tall], [x, y + tall]]) }),
    h("text", { class: "name", x: x + (w + d) / 2, y: below + 16 }, short(layer.folded ? t("lab.network.more", { count: layer.blocks }) : name)),
    h("text", { x: x + (w + d) / 2, y: below + 31 }, shape(layer.shape)));
  mark(group, layer.name === chosen && layer.name);
  return group;
}

function mark(group, on) {
  group.classList.toggle("chosen", Boolean(on));
  if (!group.getAttribute("role")) return;
  group.setAttribute("aria-pressed", String(Boolean(on)));
  group.setAttribute("tabindex", on ? "0" : "-1"); // one of them is in the order of Tab; arrows go on from there
}
const short = (name) => (name.length > 11 ? `…${name.slice(-10)}` : name); // its end says more than its beginning

function explain() {
  const layer = data.layers.find((l) => l.name === chosen);
  if (!layer) { explainStack(); return; }
  const row = (key, value) => (value || value === 0 ? [h("dt", {}, t(`lab.network.${key}`)), h("dd", { data: { fact: key } }, value)] : null);
  fill(panel, h("header", {}, h("h2", {}, layer.name, h("small", {}, layer.kind))), h("p", {}, layer.purpose),
    h("dl", { class: "facts" }, row("shapes", `${layer.inputs.map(shape).join(", ")}  →  ${shape(layer.shape)}`), row("sum", layer.shape_arithmetic),
      row("field", layer.field ? t("lab.network.field_value", { field: shape(layer.field), jump: shape(layer.jump) }) : null),
      row("parameters", layer.parameters ? layer.parameter_arithmetic || whole(layer.parameters) : t("lab.network.none")), layer.biases ? row("biases", whole(layer.biases)) : null,
      row("macs", whole(layer.macs)), row("bytes", size(layer.bytes))),
    app.state.layers.some((l) => l.name === layer.name) ? null : h("p", { class: "note" }, t("lab.network.hidden")));
}

// What is in a stack, in all, and the way into it.
function explainStack() {
  const layer = folded(data.layers.filter((l) => !l.hidden), opened).find((l) => l.name === chosen);
  const fact = (key, value) => [h("dt", {}, t(`lab.network.${key}`)), h("dd", { data: { fact: key } }, value)];
  fill(panel, h("header", {}, h("h2", {}, t("lab.network.more_blocks", { count: layer.blocks }))), h("p", {}, t("lab.network.stack", { layers: layer.folded.length, first: layer.folded[0].name, last: layer.folded.at(-1).name })),
    h("dl", { class: "facts" }, fact("parameters", whole(layer.parameters)), fact("macs", whole(layer.macs)), fact("bytes", size(layer.bytes)), fact("shapes", `${shape(layer.folded[0].inputs[0])}  →  ${shape(layer.shape)}`)),
    h("div", { class: "actions" }, button(t("lab.network.open"), () => { opened.add(chosen); chosen = layer.folded[0].name; draw(); explain(); picture.querySelector(".solid.chosen")?.focus(); })));
}
