// Look: one image through the network; every number can be asked where it comes from.

import { app, announce, className, fill, h, json, packed, percent, query, t } from "./core.js";
import { Strip } from "./strip.js";
import { Sum } from "./sum.js";
import { Learn } from "./learn.js";
import { Pick } from "./pick.js";

let strip, sum, learn, pick, verdict, state, pinned;
let last = { sample: 0 };

export async function enter() {
  state = app.state;
  learn = new Learn();
  sum = new Sum((tap, cursor) => learn.weigh(tap, cursor));
  strip = new Strip((found, bytes, cursor) => {
    sum.show(found, bytes, cursor);
    if (found.kind === "product" && !learn.wish && ["dense", "conv2d", "depthwise_conv2d"].includes(found.operation)) {
      sum.begin(); // something to read before anything has been pointed at
    }
  });
  strip.onpin = (value) => { pinned.textContent = t(value ? "lab.pinned" : "lab.hint"); };
  verdict = h("div", { class: "verdict" });
  pinned = h("p", { class: "hint", id: "strip-hint" }, t("lab.hint"));
  const made = [
    h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.look.title")), h("p", { class: "intro" }, t("lab.look.intro")),
      state.trained ? null : h("p", { class: "wrong" }, t("lab.untrained_note"))), verdict),
    null, strip.element, h("div", { class: "under" }, pinned, h("p", { class: "hint legend" }, h("i", { class: "minus" }), t("lab.below_zero"), h("i", { class: "plus" }), t("lab.above_zero")), h("p", { class: "hint keys", id: "strip-keys" }, t("lab.keys"))),
    h("div", { class: "panels" }, sum.element, learn.element),
  ];
  await choose(app.look && app.look.state === state.name ? null : { sample: last.sample ?? 0 });
  pick = new Pick((options, body) => choose(options, body));
  pick.mark(app.look.sample);
  pick.current = app.look.sample;
  made[1] = pick.element;
  return made.filter(Boolean);
}

export function shown() {
  strip.outline();
}

export function leave() {
  pick?.leave();
  pick = null;
}

// Show an image; without options, the one there is again.
async function choose(options, body) {
  if (options) {
    const [head, pixels] = await packed(query("look", options), { method: "POST", body: body ?? "" });
    app.look = { ...head, pixels, state: state.name };
    if (!body) last = options;
  }
  const look = app.look;
  strip.show(look);
  learn.reset(look);
  answer(look);
  const cursor = options && !body && strip.cursor ? strip.cursor : await start(look);
  strip.cursor = null;
  strip.setPinned(false);
  strip.move(cursor);
}

// Where to begin: the strongest number of the second convolution, or of the last layer that has maps.
async function start(look) {
  const maps = state.layers.filter((l) => l.shape.length === 3);
  const convolutions = maps.filter((l) => l.operation.includes("conv"));
  const layer = (convolutions[1] ?? convolutions[0] ?? maps[0] ?? state.layers[0]).name;
  strip.load(layer);
  return { layer, ...(await json(query("strongest", { look: look.look, layer, count: 12 }))) };
}

function answer(look) {
  if (!look.probabilities) { verdict.replaceChildren(); return; }
  const best = look.probabilities.indexOf(Math.max(...look.probabilities));
  const name = className(app.state.classes[best]);
  const right = look.label === null ? null : look.label === best;
  const truth = look.label === null || right ? null : h("p", { class: "wrong" }, t("lab.truth", { name: className(app.state.classes[look.label]) }));
  fill(verdict, h("p", { class: "sub" }, t("lab.answer")), h("p", { class: "big" }, name), h("p", { class: "share" }, percent(look.probabilities[best]),
    right ? h("span", { class: "right" }, ` · ${t("lab.right")}`) : null), truth);
  announce(t("lab.spoken_answer", { name, share: percent(look.probabilities[best]) }));
}
