// What if: another kernel, stride, padding, dilation, pooling; shapes, counts and maps follow at once.

import { app, button, h, newest, packed, query, shape, t, whole } from "./core.js";
import { picture, signed } from "./paint.js";

const choice = { layer: "", kernel: 3, across: 3, groups: 1, stride: 1, dilation: 1, padding: "valid", pooling: "max", pool: 2, pool_stride: 2 };
const RANGES = { kernel: [1, 11], across: [1, 11], stride: [1, 5], dilation: [1, 4], pool: [1, 5], pool_stride: [1, 5] };
let results, place = null, found = null, bytes = null, ask;

export async function enter() {
  if (!app.look || app.look.state !== app.state.name) {
    const [head, pixels] = await packed(query("look", { sample: 0 }), { method: "POST", body: "" });
    app.look = { ...head, pixels, state: app.state.name };
  }
  if (!layer()) Object.assign(choice, { layer: "", groups: 1 });
  ask = newest(update);
  results = h("div", { class: "stack" });
  await update();
  return [h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.whatif.title")), h("p", { class: "intro" }, t("lab.whatif.intro")))),
    h("div", { class: "split" }, controls(), results)];
}

// The layer whose kernels are tried, if any.
const layer = () => app.state.layers.find((l) => l.name === choice.layer && l.kernel.length);

function controls() {
  const pooled = ["pool", "pool_stride"].map((name) => slider(name));
  const dim = () => pooled.forEach((control) => { control.hidden = choice.pooling === "none"; });
  dim();
  const sizes = [slider("kernel"), slider("across")], groups = h("div", {});
  return h("form", { class: "card controls", "aria-label": t("lab.whatif.settings"), onsubmit: (event) => event.preventDefault() },
    h("h2", {}, t("lab.whatif.convolution")), whose(sizes, groups), sizes, groups, slider("stride"), slider("dilation"),
    radios("padding", ["valid", "same"]), h("h2", {}, t("lab.whatif.pooling_title")), radios("pooling", ["none", "max", "average"], dim), pooled);
}

// The kernels made by hand, or a layer's own, which have their size, and may be made to read fewer maps.
function whose(sizes, groups) {
  const usable = app.state.layers.filter((l) => l.kernel.length);
  const show = () => {
    const known = layer()?.groups ?? [];
    for (const control of sizes) control.hidden = Boolean(layer());
    groups.hidden = known.length < 2;
    if (!groups.hidden) groups.replaceChildren(grouping(known));
  };
  show();
  return h("label", { class: "control" }, h("span", {}, t("lab.whatif.layer")), h("select", { name: "layer", onchange: (event) => { Object.assign(choice, { layer: event.target.value, groups: 1 }); show(); place = null; ask(); } },
    h("option", { value: "" }, t("lab.whatif.by_hand")), usable.map((l) => h("option", { value: l.name, selected: choice.layer === l.name }, t("lab.whatif.of_layer", { layer: l.name, kernel: shape(l.kernel) })))));
}

function grouping(known) {
  const { reads } = layer(), count = reads.length && reads[0] ? app.state.layers.find((l) => l.name === reads[0]).shape.at(-1) : app.state.shape[2];
  const words = (n) => (n === 1 ? t("lab.whatif.reads_all", { count }) : n === count ? t("lab.whatif.reads_one") : t("lab.whatif.reads", { count: count / n, groups: n }));
  return h("label", { class: "control" }, h("span", {}, t("lab.whatif.groups")), h("select", { name: "groups", onchange: (event) => { choice.groups = Number(event.target.value); ask(); } },
    known.map((n) => h("option", { value: n, selected: n === choice.groups }, words(n)))));
}

function slider(name) {
  const shown = h("output", {}, String(choice[name]));
  return h("label", { class: "control" }, h("span", {}, t(`lab.whatif.${name}`), shown),
    h("input", { type: "range", name, min: RANGES[name][0], max: RANGES[name][1], value: choice[name],
      oninput: (event) => { choice[name] = Number(event.target.value); shown.textContent = event.target.value; ask(); } }));
}

function radios(name, values, then) {
  const make = (value) => button(t(`lab.whatif.${name}.${value}`), () => {
    choice[name] = value;
    for (const other of group.children) other.setAttribute("aria-pressed", String(other.dataset.value === value));
    then?.();
    ask();
  }, { class: "segment", data: { value }, "aria-pressed": String(choice[name] === value) });
  const group = h("div", { class: "segments" }, values.map(make));
  return h("fieldset", { class: "control" }, h("legend", {}, t(`lab.whatif.${name}`)), group);
}

async function update() {
  try {
    [found, bytes] = await packed(query("whatif", { look: app.look.look, ...choice }));
  } catch (error) {
    if (error.gone) throw error;
    results.replaceChildren(h("section", { class: "card" }, h("p", { class: "wrong", role: "alert" }, error.message)));
    return;
  }
  draw();
}

function draw() {
  const [first, second] = found.stages;
  const last = found.stages.at(-1);
  if (place) place = [Math.min(place[0], first.output[0] - 1), Math.min(place[1], first.output[1] - 1)];
  place ??= [Math.floor(first.output[0] / 2), Math.floor(first.output[1] / 2)];
  const maps = offsets();
  const [rows, columns] = first.axes, window = padded(rows, columns);
  results.replaceChildren(
    h("section", { class: "card" }, h("div", { class: "flow" },
      h("figure", {}, window.element, h("figcaption", {}, t(found.layer ? "lab.whatif.input_map" : "lab.whatif.window", { layer: found.layer, kernel: `${rows.kernel}×${columns.kernel}`, padding: both(rows.before + rows.after, columns.before + columns.after) }))),
      stage(first, maps[0], t("lab.op.conv2d"), true, window), second ? stage(second, maps[1], t(`lab.op.${second.name}`), false) : null),
    h("dl", { class: "facts" },
      h("dt", {}, t("lab.whatif.shape")), h("dd", { data: { fact: "shape" } }, found.stages.map((s) => both(...s.arithmetic)).join("   →   ")),
      h("dt", {}, t("lab.whatif.output")), h("dd", { data: { fact: "output" } }, [first.input, ...found.stages.map((s) => s.output)].map(shape).join("  →  ")),
      h("dt", {}, t("lab.whatif.field")), h("dd", { data: { fact: "field" } }, t("lab.whatif.field_value", { field: shape(last.field), jump: both(...last.jump) })),
      h("dt", {}, t("lab.whatif.parameters")), h("dd", { data: { fact: "parameters" } }, `${found.counts.at(-1).arithmetic} = ${whole(found.counts.at(-1).weights)}`))),
    counts());
}

// What is said of rows and of columns: once where it is the same.
const both = (rows, columns) => (rows === columns ? String(rows) : `${rows}, ${columns}`);

function offsets() {
  let at = found.image[0] * found.image[1];
  return found.stages.map((s) => {
    const values = new Int8Array(bytes.buffer, bytes.byteOffset + at, s.output[0] * s.output[1] * s.maps);
    at += values.length;
    return values;
  });
}

// The kernels, which are the last bytes.
function kernelPictures() {
  const [high, wide] = found.stages[0].axes.map((axis) => axis.kernel), count = found.stages[0].maps;
  const values = new Int8Array(bytes.buffer).subarray(-count * high * wide);
  return Array.from({ length: count }, (_, c) => signed(values.subarray(c * high * wide, (c + 1) * high * wide), high, wide));
}

// The image in its padding, with the window of one output on it.
function padded(rows, columns) {
  const [down, across] = [rows, columns].map((axis) => axis.size + axis.before + axis.after), cell = 256 / Math.max(down, across);
  const [height, width, channels] = app.look.shape, [high, wide] = found.image;
  const image = found.layer ? signed(new Int8Array(bytes.buffer, bytes.byteOffset, high * wide), high, wide) : picture(app.look.pixels, height, width, channels);
  const edge = (n) => `${n * cell}px`;
  Object.assign(image.style, { left: edge(columns.before), top: edge(rows.before), width: edge(columns.size), height: edge(rows.size) });
  const element = h("div", { class: "padded" }, image);
  Object.assign(element.style, { width: edge(across), height: edge(down) });
  const show = (row, column) => {
    element.querySelectorAll(".tap").forEach((old) => old.remove());
    for (let u = 0; u < rows.kernel; u++) for (let v = 0; v < columns.kernel; v++) {
      const tap = h("i", { class: "tap" });
      Object.assign(tap.style, { top: edge(row * rows.stride + u * rows.dilation), left: edge(column * columns.stride + v * columns.dilation), width: edge(1), height: edge(1) });
      element.append(tap);
    }
  };
  show(...place);
  return { element, show };
}

function stage(one, values, title, first, window) {
  const kernels = first ? kernelPictures() : null;
  const [height, width] = one.output, count = one.maps;
  const size = Math.max(56, Math.min(92, 9 * height));
  const grid = h("div", { class: "maps" });
  for (let c = 0; c < count; c++) {
    const canvas = signed(values.subarray(c * height * width, (c + 1) * height * width), height, width);
    const box = h("i", { class: "box", hidden: !first });
    const map = h("div", { class: "map", data: { map: c } }, canvas, box);
    Object.assign(map.style, { width: `${size}px`, height: `${(size * height) / width}px` });
    const put = () => Object.assign(box.style, { top: `${(place[0] / height) * 100}%`, left: `${(place[1] / width) * 100}%`, width: `${100 / width}%`, height: `${100 / height}%` });
    put();
    if (first) map.addEventListener("pointermove", (event) => {
      const area = map.getBoundingClientRect();
      place = [Math.min(height - 1, Math.floor(((event.clientY - area.top) / area.height) * height)), Math.min(width - 1, Math.floor(((event.clientX - area.left) / area.width) * width))];
      window.show(...place);
      for (const other of grid.querySelectorAll(".box")) Object.assign(other.style, { top: `${(place[0] / height) * 100}%`, left: `${(place[1] / width) * 100}%` });
    });
    if (!first) map.style.cursor = "default";
    const kernel = first ? h("div", { class: "sub named" }, kernels[c], found.layer ? String(c + 1) : t(`lab.kernel.${found.names[c]}`)) : null;
    grid.append(h("div", {}, map, kernel));
  }
  return h("figure", {}, h("h3", {}, title), h("p", { class: "sub" }, shape(one.output), count < one.output[2] ? ` · ${t("lab.whatif.first_maps", { maps: count, count: one.output[2] })}` : ""), grid);
}

function counts() {
  const most = Math.log10(found.counts[0].weights + 1);
  return h("section", { class: "card" }, h("header", {}, h("h2", {}, t("lab.counts.title")), h("p", { class: "sub" }, t("lab.counts.note"))),
    h("div", { class: "compare" }, found.counts.map((one) => {
      const bar = h("i", { class: "bar" });
      bar.style.width = `${(Math.log10(one.weights + 1) / most) * 100}%`;
      return h("div", { data: { count: one.name } }, h("h3", {}, t(`lab.counts.${one.name}`)), h("p", { class: "big" }, whole(one.weights)), h("small", {}, t("lab.counts.weights")),
        h("span", { class: "track" }, bar), h("p", { class: "sub" }, one.arithmetic), h("p", { class: "sub" }, t("lab.counts.connections", { count: whole(one.connections) })), h("p", { class: "sub" }, t(`lab.counts.${one.name}_note`)));
    })));
}
