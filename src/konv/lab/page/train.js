// Train: start, pause, resume, stop; curves and speed as they come, kernels and maps as they change.
// A training has the processor to itself as far as possible: what has not changed is not drawn again, nothing moves by
// itself, and pictures of the network are asked for every other second, while somebody looks.

import { app, button, className, fixed, h, json, newest, packed, percent, post, query, shape, t, whole } from "./core.js";
import { curve } from "./curves.js";
import { picture, signed } from "./paint.js";
import { form, networkName, request, title } from "./recipes.js";

const LOOK_EVERY = 2000; // milliseconds
const GOING = ["starting", "running", "paused", "stopping", "saving"];
let place, live = [], seen = [], refused = "", last = "", earlier = [], timer = 0;

export async function enter() {
  [app.training, earlier] = await Promise.all([json("training"), json("earlier")]);
  place = h("div", { class: "stack" });
  draw();
  timer = setInterval(look, LOOK_EVERY);
  return [h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.train.title")), h("p", { class: "intro" }, t("lab.train.intro")))), h("br"), place];
}

export function leave() {
  clearInterval(timer);
  place = null;
}

const going = () => GOING.includes(app.training.state);

// The server has told something: draw what has changed.
export function news() {
  if (!place) return;
  if (app.training.state === last) {
    if (app.training.runs.length && !document.hidden) refresh();
    return;
  }
  draw();
  if (!going()) json("earlier").then((found) => { earlier = found; if (place) draw(); }, () => {});
}

function draw() {
  if (app.training.state === "running" && last !== "running") setTimeout(first);
  last = app.training.state;
  place.replaceChildren(...(going() ? [] : [form(draw, start, refused)]), ...(app.training.runs.length ? [board()] : []), ...(going() || !earlier.length ? [] : [shelf()]));
}

// The first picture is sent when it is asked for, and there when it is asked for again.
function first() {
  look();
  setTimeout(look, LOOK_EVERY / 3);
}

function look() {
  if (app.training.state === "running" && !document.hidden) live.forEach((one) => one.ask());
}

async function start() {
  refused = "";
  try { app.training = await post("start", request()); } catch (error) { refused = error.message; }
  if (place) draw();
}

async function tell(word) {
  try { app.training = await post(`tell?word=${word}`); } catch (error) { if (!error.gone) refused = error.message; }
  if (place) draw();
}

// The board of a training: made once for each state, then only its numbers change.
function board() {
  const { state, error, runs, data } = app.training;
  const actions = state === "running" ? [button(t("lab.train.pause"), () => tell("pause")), button(t("lab.train.stop"), () => tell("stop"))]
    : state === "paused" ? [button(t("lab.train.resume"), () => tell("resume"), { class: "primary" }), button(t("lab.train.stop"), () => tell("stop"))] : [];
  seen = runs.map(() => -1);
  live = runs.map((_, i) => ({ figures: figures(), bar: h("i", {}), tiles: h("div", {}), rows: [], ask: newest(() => tiles(i)) }));
  board.curves = h("div", { class: "curves" });
  const several = runs.length > 1, key = (i) => (several ? h("span", { class: `key${i ? " b" : ""}` }) : null);
  const made = h("section", { class: "card", data: { state } }, h("header", {}, h("h2", {}, t(`lab.train.${state}`)), h("p", { class: "sub" }, data.images ? t("lab.train.on", { name: data.name, train: whole(data.images[0]), test: whole(data.images[1]), shape: shape(data.shape) }) : "")),
    error ? h("p", { class: "wrong", role: "alert" }, error) : null,
    runs.map((run, i) => h("div", { class: "run" }, h("p", { class: "sub" }, key(i), title(run.recipe), data.parameters ? ` · ${t("lab.train.parameters", { count: whole(data.parameters[i]) })}` : ""),
      run.error ? h("p", { class: "wrong", role: "alert" }, run.error) : null, live[i].figures.element,
      going() ? h("div", { class: "progress", role: "progressbar", "aria-label": t("lab.train.progress") }, live[i].bar) : null)),
    actions.length ? h("div", { class: "actions" }, actions) : null, board.curves,
    going() ? null : h("div", { class: "actions" }, runs.map((run, i) => (run.path ? button(t(several ? "lab.train.adopt_one" : "lab.train.adopt", { number: i + 1 }), () => open(run.path), { class: i ? "" : "primary" }) : null)),
      runs.map((run) => (run.path ? h("small", { class: "saved" }, t("lab.train.saved", { path: run.path })) : null))));
  const inside = h("div", { class: "live" }, runs.map((run, i) => h("section", { class: "card" }, h("header", {}, h("h2", {}, key(i), t(going() ? "lab.train.inside" : "lab.train.inside_end"))), live[i].tiles)));
  refresh();
  return h("div", { class: "stack" }, made, state === "failed" ? null : inside);
}

// The figures of a run: `show(name, words, exact)` changes one.
function figures() {
  const parts = Object.fromEntries(["loss", "accuracy", "val_accuracy", "speed", "epoch"].map((name) => [name, h("p", { class: "big", data: { figure: name } }, "–")]));
  const element = h("div", { class: "figures" }, Object.entries(parts).map(([name, part]) => h("div", {}, part, h("small", {}, t(`lab.train.${name}`)))));
  return { element, show: (name, words, exact = "") => { if (parts[name].textContent !== words) parts[name].textContent = words; parts[name].dataset.exact = exact; } };
}

function refresh() {
  const { runs } = app.training;
  runs.forEach((run, i) => {
    const now = run.now ?? {}, row = run.epochs.at(-1), { figures: { show }, bar } = live[i];
    show("loss", fixed(now.loss ?? row?.loss), now.loss);
    show("accuracy", now.accuracy === undefined ? "–" : percent(now.accuracy));
    show("val_accuracy", row && row.val_accuracy !== null ? percent(row.val_accuracy) : "–");
    show("speed", now.speed ? whole(now.speed) : "–", now.speed);
    show("epoch", `${run.epochs.length} / ${run.recipe.epochs}`, run.epochs.length);
    const done = Math.min(1, (now.batch ? now.epoch + now.batch / now.steps : 0) / run.recipe.epochs);
    bar.style.width = `${done * 100}%`;
    bar.parentElement?.setAttribute("aria-valuenow", String(Math.round(done * 100)));
    if (!going() && run.shown !== seen[i]) live[i].ask(); // the last picture, which it sends unasked
  });
  const most = Math.max(...runs.map((run) => run.recipe.epochs));
  const series = (at, name) => runs.map((run) => [{ points: run.points.map((p) => [p[0], p[at]]) }, { points: run.epochs.map((row) => [row.epoch, row[name] ?? NaN]), held: true }]);
  board.curves.replaceChildren(curve(t("lab.train.loss_curve"), series(1, "val_loss"), most, { low: 0 }), curve(t("lab.train.accuracy_curve"), series(2, "val_accuracy"), most, { low: 0, high: 1, percent: true }));
}

// Kernels and maps with the weights of a moment ago. Canvases stay and get other pixels.
async function tiles(i) {
  const one = live[i], shown = app.training.runs[i].shown;
  const [head, bytes] = await packed(query("progress", { run: i, sample: Math.max(app.look?.sample ?? 0, 0) }));
  if (!head.picture || (shown && seen[i] === shown) || one !== live[i]) return;
  seen[i] = shown;
  let at = head.picture[0] * head.picture[1] * 3;
  const image = picture(bytes.subarray(0, at), head.picture[0], head.picture[1], 3, one.image);
  const sizes = [...(head.kernels ? [head.kernels] : []), ...head.maps.map((map) => map.shape)];
  if (one.rows.length !== sizes.length) build(one, head, sizes, image);
  sizes.forEach(([height, width, count], row) => {
    for (let c = 0; c < count; c++, at += height * width) signed(new Int8Array(bytes.buffer, bytes.byteOffset + at, height * width), height, width, one.rows[row][c]);
  });
  const best = head.probabilities ? head.probabilities.indexOf(Math.max(...head.probabilities)) : -1;
  one.words.textContent = best < 0 ? "" : t("lab.train.says", { name: className(head.classes[best]), share: percent(head.probabilities[best]) });
}

function build(one, head, sizes, image) {
  one.image = image;
  one.words = h("p", { class: "sub" });
  one.rows = sizes.map(([, , count]) => Array.from({ length: count }, () => document.createElement("canvas")));
  const titles = [...(head.kernels ? [t("lab.train.kernels")] : []), ...head.maps.map(({ layer, of }) => `${layer} · ${shape(of)}`)];
  one.tiles.replaceChildren(h("div", { class: "beside-image" }, image, one.words), h("div", { class: "inside" }, titles.map((name, row) => h("section", {}, h("h3", {}, name), h("div", { class: "tiles" }, one.rows[row])))));
}

// Earlier runs, to look into again.
function shelf() {
  return h("section", { class: "card scroll" }, h("header", {}, h("h2", {}, t("lab.train.earlier")), h("p", { class: "sub" }, t("lab.train.earlier_note"))),
    h("table", { class: "shelf" }, h("thead", {}, h("tr", {}, ["folder_name", "network", "data_name", "val_accuracy"].map((name) => h("th", { scope: "col", class: name === "val_accuracy" ? "n" : "" }, t(`lab.train.${name}`))), h("td", {}))),
      h("tbody", {}, earlier.map((run) => h("tr", {}, h("th", { scope: "row" }, run.name), h("td", {}, networkName(run.model)), h("td", {}, run.data), h("td", { class: "n" }, run.accuracy === null ? "–" : percent(run.accuracy)),
        h("td", { class: "n" }, button(t("lab.train.adopt"), () => open(run.path), { "aria-label": `${t("lab.train.adopt")}: ${run.name}` })))))));
}

async function open(path) {
  try {
    app.state = await post(`open?${new URLSearchParams({ name: path })}`);
    app.look = null;
    location.hash = "look";
  } catch (error) { refused = error.message; if (place) draw(); }
}
