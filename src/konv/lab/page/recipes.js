// What to train: networks, how they learn, and on what; one, or two beside each other.

import { app, button, h, t } from "./core.js";

const FIELDS = { activation: ["", "relu", "sigmoid", "tanh"], pooling: ["", "max", "average"], optimizer: ["adam", "sgd", "rmsprop"] };
const SIZES = { filters: [2, 24], kernel: [3, 7] };
const base = { network: "small", activation: "", pooling: "", optimizer: "adam", filters: 8, kernel: 5, learning_rate: 0.002, epochs: 6, batch_size: 32 };
const PAIRS = { pooling: ["max", "average"], activation: ["relu", "sigmoid"] };
export const wanted = { runs: [{ ...base }], data: "", size: "" };

// As the server takes it.
export const request = () => {
  const sides = wanted.size.trim() ? wanted.size.trim().split(/[x×*, ]+/).map(Number) : null;
  return { runs: wanted.runs, data: wanted.data.trim(), size: sides && (sides.length === 1 ? [sides[0], sides[0]] : sides) };
};

// The form; `redraw` is called where other fields are to be shown.
export function form(redraw, start, refused) {
  const { runs } = wanted, two = runs.length === 2;
  const differs = two ? Object.keys(PAIRS).find((name) => runs[0][name] !== runs[1][name]) : "one";
  const preset = (label, name) => button(t(`lab.train.${label}`), () => {
    const { pooling, activation, ...kept } = runs[0];
    wanted.runs = name === "one" ? [{ ...base, ...kept }] : PAIRS[name].map((value) => ({ ...base, ...kept, [name]: value }));
    redraw();
  }, { class: "segment", "aria-pressed": String(differs === name) });
  return h("section", { class: "card" }, h("header", {}, h("h2", {}, t("lab.train.choose")),
    h("div", { class: "segments", role: "group", "aria-label": t("lab.train.how_many") }, preset("one", "one"), preset("compare_pooling", "pooling"), preset("compare_activation", "activation"))),
  h("div", { class: "recipes" }, runs.map((recipe, i) => settings(recipe, i, redraw)), data(), time()),
  h("div", { class: "actions" }, button(t("lab.train.start"), start, { class: "primary" }), refused ? h("p", { class: "wrong", role: "alert" }, refused) : null));
}

export const networkName = (name) => app.texts[`lab.train.network.${name}`] ?? name;
const choiceName = (name, value) => app.texts[`lab.train.${name}.${value}`] ?? t(value ? `lab.op.${value}` : "lab.train.own");

function settings(recipe, i, redraw) {
  const pick = (name, values, label, then) => h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`)),
    h("select", { name, onchange: (event) => { recipe[name] = event.target.value; then?.(); } }, values.map((value) => h("option", { value, selected: recipe[name] === value }, label(name, value)))));
  const slider = (name, [least, most]) => {
    const shown = h("output", {}, String(recipe[name]));
    return h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`), shown), h("input", { type: "range", name, min: least, max: most, step: name === "kernel" ? 2 : 1, value: recipe[name], oninput: (event) => { recipe[name] = Number(event.target.value); shown.textContent = event.target.value; } }));
  };
  return h("div", { class: "controls" }, h("h3", {}, h("span", { class: `key${i ? " b" : ""}` }), wanted.runs.length > 1 ? t("lab.train.run", { number: i + 1 }) : t("lab.train.the_network")),
    pick("network", app.state.networks, (_, value) => networkName(value), redraw),
    Object.entries(FIELDS).map(([name, values]) => pick(name, values, choiceName)),
    recipe.network === "small" ? Object.entries(SIZES).map(([name, range]) => slider(name, range)) : null);
}

const field = (name, input, note) => h("label", { class: "control" }, h("span", {}, t(`lab.train.${name}`)), input, note ? h("small", { id: `${name}-note` }, t(`lab.train.${name}_note`)) : null);

function data() {
  return h("div", { class: "controls" }, h("h3", {}, t("lab.train.data")),
    field("folder", h("input", { type: "text", name: "data", value: wanted.data, placeholder: t("lab.train.embedded"), spellcheck: "false", "aria-describedby": "folder-note", oninput: (event) => { wanted.data = event.target.value; } }), true),
    field("size", h("input", { type: "text", name: "size", value: wanted.size, placeholder: t("lab.train.size_own"), "aria-describedby": "size-note", oninput: (event) => { wanted.size = event.target.value; } }), true));
}

function time() {
  const number = (name, least, most) => field(name, h("input", { type: "number", name, min: least, max: most, value: wanted.runs[0][name], oninput: (event) => wanted.runs.forEach((r) => { r[name] = Number(event.target.value); }) }));
  const shown = h("output", {}, String(wanted.runs[0].learning_rate));
  return h("div", { class: "controls" }, h("h3", {}, t("lab.train.time")), number("epochs", 1, 200), number("batch_size", 1, 512),
    h("label", { class: "control" }, h("span", {}, t("lab.learn.rate"), shown), h("input", { type: "range", name: "learning_rate", min: -5, max: -0.5, step: 0.1, value: Math.log10(wanted.runs[0].learning_rate),
      oninput: (event) => { const value = Number((10 ** event.target.value).toPrecision(2)); shown.textContent = String(value); wanted.runs.forEach((r) => { r.learning_rate = value; }); } })));
}

// A recipe in a few words.
export function title(recipe) {
  const kinds = ["activation", "pooling"].map((name) => recipe[name] && `${choiceName(name, recipe[name])}${name === "pooling" ? ` ${t("lab.train.pooling")}` : ""}`);
  return [networkName(recipe.network), ...kinds, recipe.optimizer, recipe.network === "small" ? `${recipe.kernel}×${recipe.kernel}` : ""].filter(Boolean).join(", ");
}
