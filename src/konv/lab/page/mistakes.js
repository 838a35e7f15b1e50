// Mistakes: the confusion matrix, the images behind each cell, and what the network looked at (Grad-CAM).

import { app, button, className, fill, h, json, packed, percent, query, t, waiting } from "./core.js";
import { cssColour, heat, picture } from "./paint.js";

let data, side, table, chosen;

export async function enter() {
  const wait = waiting(t("lab.mistakes.counting"));
  const frame = h("div", {}, h("div", { class: "lead" }, h("div", {}, h("h1", {}, t("lab.mistakes.title")), h("p", { class: "intro" }, t("lab.mistakes.intro")))), wait);
  json("mistakes").then((found) => { data = found; wait.replaceWith(...board(frame)); begin(); },
    (error) => wait.replaceWith(h("div", { class: "empty", role: "alert" }, h("p", {}, error.message))));
  return frame;
}

function board(frame) {
  side = h("section", { class: "card", "aria-live": "polite" }, h("div", { class: "empty" }, h("p", {}, t("lab.mistakes.choose"))));
  frame.firstChild.append(h("div", { class: "verdict" }, h("p", { class: "sub" }, t("lab.mistakes.accuracy")), h("p", { class: "big" }, percent(data.right / data.count)),
    h("p", { class: "share" }, t("lab.mistakes.of", { right: data.right, count: data.count }))));
  const names = data.classes.map(className);
  const wrong = Math.max(1, ...data.matrix.flatMap((row, r) => row.filter((_, c) => c !== r)));
  const right = Math.max(1, ...data.matrix.map((row, r) => row[r]));
  const cell = (count, r, c) => {
    if (!count) return h("td", {}, h("span", { class: "none" }));
    const { back, ink } = r === c ? cssColour(0.75 * count, right) : cssColour(-(0.18 * wrong + 0.6 * count), wrong);
    const words = t(r === c ? "lab.mistakes.right_cell" : "lab.mistakes.cell", { true: names[r], answer: names[c], count });
    const made = button(String(count), () => choose(r, c, made), { "aria-label": words, title: words, "aria-pressed": "false", data: { cell: `${r},${c}` } });
    Object.assign(made.style, { background: back, color: ink });
    return h("td", {}, made);
  };
  table = h("table", { class: "matrix" },
    h("caption", { class: "unseen" }, t("lab.mistakes.matrix")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("small", {}, t("lab.mistakes.axes"))), names.map((name) => h("th", { scope: "col" }, h("span", {}, name))))),
    h("tbody", {}, data.matrix.map((row, r) => h("tr", {}, h("th", { scope: "row" }, names[r]), row.map((count, c) => cell(count, r, c))))));
  return [h("div", { class: "beside-matrix" }, h("section", { class: "card scroll", tabindex: "0", "aria-label": t("lab.mistakes.matrix") }, table), side)];
}

// Begin with the commonest mistake.
function begin() {
  let best = null;
  data.matrix.forEach((row, r) => row.forEach((count, c) => { if (r !== c && count && (!best || count > best[2])) best = [r, c, count]; }));
  if (best) choose(best[0], best[1], table.querySelector(`[data-cell="${best[0]},${best[1]}"]`));
}

async function choose(row, column, cell) {
  for (const other of table.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === cell));
  const mine = (chosen = [row, column]);
  const names = data.classes.map(className);
  try {
    const found = await json(query("cell", { true: row, answer: column }));
    const [head, bytes] = await packed(query("thumbs", { numbers: found.map((f) => f.sample).join(",") }));
    if (mine !== chosen) return;
    const [height, width] = head.shape, size = height * width * 3;
    const cams = h("div", {});
    const gallery = h("div", { class: "gallery" }, found.slice(0, head.count).map((one, i) => button(
      [picture(bytes.subarray(i * size, (i + 1) * size), height, width, 3), h("small", {}, percent(one.probability))],
      (event) => open(one, row, column, cams, gallery, event.currentTarget), { "aria-label": t("lab.sample", { number: one.sample + 1, name: names[row] }), "aria-pressed": "false", data: { sample: one.sample } })));
    fill(side, h("header", {}, h("h2", {}, row === column ? t("lab.mistakes.right_title", { true: names[row] }) : t("lab.mistakes.wrong_title", { true: names[row], answer: names[column] })), h("p", { class: "sub" }, t("lab.mistakes.surest"))), gallery, cams);
    await open(found[0], row, column, cams, gallery, gallery.firstChild);
  } catch (error) {
    if (!error.gone) side.replaceChildren(h("p", { class: "wrong", role: "alert" }, error.message));
  }
}

async function open(one, row, column, place, gallery, pressed) {
  for (const other of gallery.children) other.setAttribute("aria-pressed", String(other === pressed));
  const mine = (place.wanted = one.sample);
  const [look, pixels] = await packed(query("look", { sample: one.sample }), { method: "POST", body: "" });
  const [height, width, channels] = look.shape;
  const labels = row === column ? [column] : [column, row];
  const heats = await Promise.all(labels.map((label) => packed(query("cam", { look: look.look, label }))));
  if (place.wanted !== mine) return;
  const figure = (canvas, caption, note) => h("figure", {}, canvas, h("figcaption", {}, h("strong", {}, caption), h("br"), note));
  const names = data.classes.map(className);
  fill(place, h("div", { class: "cams" }, figure(picture(pixels, height, width, channels), names[row], t("lab.mistakes.truth")),
    heats.map(([, hot], i) => figure(heat(pixels, height, width, channels, hot), names[labels[i]], t(i ? "lab.mistakes.for_truth" : "lab.mistakes.for_answer", { share: percent(look.probabilities[labels[i]]) })))),
  h("p", { class: "note" }, t("lab.mistakes.cam", { layer: heats[0][0].layer })),
  h("div", { class: "actions" }, button(t("lab.mistakes.look"), () => { app.look = { ...look, pixels, state: app.state.name }; location.hash = "look"; })));
}
