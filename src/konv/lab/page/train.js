// Train: choose, start, pause, resume, stop; curves and speed as they come, kernels and maps as they change.

import { app, button, className, fixed, h, json, newest, packed, percent, post, query, shape, t, whole } from "./core.js";
import { curve } from "./curves.js";
import { signed } from "./paint.js";

const FIELDS = { activation: ["relu", "sigmoid", "tanh"], pooling: ["max", "average"], optimizer: ["adam", "sgd", "rmsprop"] };
const SIZES = { filters: [2, 24], kernel: [3, 7] };
const base = { activation: "relu", pooling: "max", optimizer: "adam", filters: 8, kernel: 5, learning_rate: 0.002, epochs: 6, batch_size: 32 };
const PRESETS = { pooling: { pooling: "average" }, activation: { activation: "sigmoid" } };
let recipes = [{ ...base }], folder = "", place, live, seen = [-1, -1], refused = "", last = "";

export async function enter() {
  app.training = await json("training");
  place = h("div", { class: "stack" });
  live = [];
  seen = [-1, -1];
  last = "";
  news(true);
  return [h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.train.title")), h("p", { class: "intro" }, t("lab.train.intro")))), h("br"), place];
}

const going = () => ["starting", "running", "paused", "stopping"].includes(app.training.state);

// The server has told something: draw what has changed.
export function news(first = false) {
  const { state, runs } = app.training;
  if (!place) return;
  if (state !== last || first) {
    last = state;
    place.replaceChildren(...(going() ? [] : [form()]), ...(runs.length ? [board()] : []));
  } else if (runs.length) refresh();
}

function form() {
  const two = recipes.length === 2;
  const preset = (name, change) => button(t(`lab.train.${name}`), () => { recipes = change ? [{ ...base }, { ...base, ...change }] : [{ ...recipes[0] }]; news(true); },
    { class: "segment", "aria-pressed": String(name === "one" ? !two : two && Object.keys(change)[0] === Object.keys(recipes[1]).find((key) => recipes[1][key] !== recipes[0][key])) });
  const data = h("input", { type: "text", value: folder, placeholder: t("lab.train.embedded"), "aria-describedby": "data-note", oninput: (event) => { folder = event.target.value; } });
  return h("section", { class: "card" }, h("header", {}, h("h2", {}, t("lab.train.choose")),
    h("div", { class: "segments", role: "group", "aria-label": t("lab.train.how_many") }, preset("one", null), preset("compare_pooling", PRESETS.pooling), preset("compare_activation", PRESETS.activation))),
  h("div", { class: "recipes" }, recipes.map((recipe, i) => settings(recipe, i)),
    h("div", { class: "controls" }, h("h3", {}, t("lab.train.data")), h("label", { class: "control" }, h("span", {}, t("lab.train.folder")), data, h("small", { id: "data-note" }, t("lab.train.folder_note"))),
      number("epochs", 1, 50), number("batch_size", 8, 256), rate())),
  h("div", { class: "actions" }, button(t("lab.train.start"), start, { class: "primary" }), refused ? h("p", { class: "wrong", role: "alert" }, refused) : null));
}

function settings(recipe, i) {
  return h("div", { class: "controls" }, h("h3", {}, h("span", { class: `key${i ? " b" : ""}` }), recipes.length > 1 ? t("lab.train.run", { number: i + 1 }) : t("lab.train.the_network")),
    Object.entries(FIELDS).map(([name, values]) => h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`)),
      h("select", { onchange: (event) => { recipe[name] = event.target.value; }, name }, values.map((value) => h("option", { value, selected: recipe[name] === value }, app.texts[`lab.train.${name}.${value}`] ?? t(`lab.op.${value}`)))))),
    Object.entries(SIZES).map(([name, [least, most]]) => {
      const shown = h("output", {}, String(recipe[name]));
      return h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`), shown), h("input", { type: "range", min: least, max: most, step: name === "kernel" ? 2 : 1, value: recipe[name], oninput: (event) => { recipe[name] = Number(event.target.value); shown.textContent = event.target.value; } }));
    }));
}

function number(name, least, most) {
  return h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`)), h("input", { type: "number", name, min: least, max: most, value: recipes[0][name], oninput: (event) => recipes.forEach((r) => { r[name] = Number(event.target.value); }) }));
}

function rate() {
  const shown = h("output", {}, String(recipes[0].learning_rate));
  return h("label", { class: "control" }, h("span", {}, t("lab.learn.rate"), shown), h("input", { type: "range", min: -5, max: -0.5, step: 0.1, value: Math.log10(recipes[0].learning_rate),
    oninput: (event) => { const value = Number((10 ** event.target.value).toPrecision(2)); shown.textContent = String(value); recipes.forEach((r) => { r.learning_rate = value; }); } }));
}

async function start() {
  refused = "";
  try { app.training = await post("start", { runs: recipes, data: folder.trim() }); seen = [-1, -1]; } catch (error) { refused = error.message; }
  news(true);
}

async function tell(word) {
  try { app.training = await post(`tell?word=${word}`); } catch (error) { if (!error.gone) refused = error.message; }
  news(true);
}

// The board of a training: made once for each state, then only its numbers change.
function board() {
  const { state, error, runs, data } = app.training;
  const words = { starting: "lab.train.starting", running: "lab.train.running", paused: "lab.train.paused", stopping: "lab.train.stopping", done: "lab.train.done", stopped: "lab.train.stopped", failed: "lab.train.failed" };
  const actions = state === "running" ? [button(t("lab.train.pause"), () => tell("pause")), button(t("lab.train.stop"), () => tell("stop"))]
    : state === "paused" ? [button(t("lab.train.resume"), () => tell("resume"), { class: "primary" }), button(t("lab.train.stop"), () => tell("stop"))] : [];
  seen = runs.map(() => -1);
  live = runs.map((_, i) => ({ figures: h("div", { class: "figures" }), bar: h("i", {}), tiles: h("div", {}), ask: newest(() => tiles(i)) }));
  board.curves = h("div", { class: "curves" });
  const made = h("section", { class: "card", data: { state } }, h("header", {}, h("h2", {}, t(words[state])), h("p", { class: "sub" }, data.images ? t("lab.train.on", { train: whole(data.images[0]), test: whole(data.images[1]), shape: shape(data.shape) }) : "")),
    error ? h("p", { class: "wrong", role: "alert" }, error) : null,
    runs.map((run, i) => h("div", { class: "run" }, h("p", { class: "sub" }, runs.length > 1 ? h("span", { class: `key${i ? " b" : ""}` }) : null, title(run.recipe), data.parameters ? ` · ${t("lab.train.parameters", { count: whole(data.parameters[i]) })}` : ""),
      live[i].figures, going() ? h("div", { class: "progress", role: "progressbar", "aria-label": t("lab.train.progress") }, live[i].bar) : null)),
    actions.length ? h("div", { class: "actions" }, actions) : null, board.curves,
    going() ? null : h("div", { class: "actions" }, runs.map((run, i) => (run.shown ? button(t(runs.length > 1 ? "lab.train.adopt_one" : "lab.train.adopt", { number: i + 1 }), () => adopt(i), { class: i ? "" : "primary" }) : null)),
      runs.map((run) => (run.path ? h("small", {}, t("lab.train.saved", { path: run.path })) : null))));
  const shownTiles = h("div", { class: "live" }, runs.map((run, i) => h("section", { class: "card" }, h("header", {}, h("h2", {}, runs.length > 1 ? h("span", { class: `key${i ? " b" : ""}` }) : null, t("lab.train.inside"))), live[i].tiles)));
  refresh();
  return h("div", { class: "stack" }, made, state === "failed" ? null : shownTiles);
}

const title = (recipe) => [t(`lab.op.${recipe.activation}`), t(`lab.op.${recipe.pooling}_pooling2d`), recipe.optimizer, `${recipe.kernel}×${recipe.kernel}`].join(", ");

function refresh() {
  const { runs } = app.training;
  runs.forEach((run, i) => {
    const now = run.now ?? {}, row = run.epochs.at(-1);
    const figure = (key, value, exact) => h("div", {}, h("p", { class: "big", data: { figure: key, exact: exact ?? "" } }, value), h("small", {}, t(`lab.train.${key}`)));
    live[i].figures.replaceChildren(figure("loss", fixed(now.loss ?? row?.loss), now.loss), figure("accuracy", now.accuracy === undefined ? "–" : percent(now.accuracy)),
      figure("val_accuracy", row && row.val_accuracy !== null ? percent(row.val_accuracy) : "–"), figure("speed", now.speed ? whole(now.speed) : "–", now.speed), figure("epoch", `${run.epochs.length} / ${run.recipe.epochs}`, run.epochs.length));
    const done = Math.min(1, (now.batch ? now.epoch + now.batch / now.steps : 0) / run.recipe.epochs);
    live[i].bar.style.width = `${done * 100}%`;
    live[i].bar.parentElement?.setAttribute("aria-valuenow", String(Math.round(done * 100)));
    if (run.shown && run.shown !== seen[i]) { seen[i] = run.shown; live[i].ask(); }
  });
  const most = Math.max(...runs.map((run) => run.recipe.epochs));
  const series = (at, name) => runs.map((run) => [{ points: run.points.map((p) => [p[0], p[at]]) }, { points: run.epochs.map((row) => [row.epoch, row[name] ?? NaN]), held: true }]);
  board.curves.replaceChildren(curve(t("lab.train.loss_curve"), series(1, "val_loss"), most, { low: 0 }), curve(t("lab.train.accuracy_curve"), series(2, "val_accuracy"), most, { low: 0, high: 1, percent: true }));
}

// Kernels and maps with the weights of this moment.
async function tiles(i) {
  const [head, bytes] = await packed(query("progress", { run: i, sample: Math.max(app.look?.sample ?? 0, 0) }));
  let at = 0;
  const row = (height, width, count) => h("div", { class: "tiles" }, Array.from({ length: count }, () => {
    const values = new Int8Array(bytes.buffer, bytes.byteOffset + at, height * width);
    at += values.length;
    return signed(values, height, width);
  }));
  const rows = [[t("lab.train.kernels"), row(...head.kernels)], ...head.maps.map(({ layer, shape: sizes }) => [`${layer} · ${shape(sizes)}`, row(...sizes)])];
  const best = head.probabilities ? head.probabilities.indexOf(Math.max(...head.probabilities)) : -1;
  live[i].tiles.replaceChildren(h("p", { class: "sub" }, best < 0 ? "" : t("lab.train.says", { name: className(head.classes[best]), share: percent(head.probabilities[best]) })), ...rows.flatMap(([name, element]) => [h("h3", {}, name), element]));
}

async function adopt(i) {
  try {
    app.state = await post(`adopt?run=${i}`);
    app.look = null;
    location.hash = "look";
  } catch (error) { refused = error.message; news(true); }
}
