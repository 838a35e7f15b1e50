// Sums as people write them: terms with their names below, signs between.

import { fixed, h } from "./core.js";

export const sign = (symbol) => h("span", { class: "sign", "aria-hidden": "true" }, symbol);
export const titled = (title, child, note) => h("figure", {}, child, h("figcaption", {}, title, typeof note === "string" ? h("small", {}, note) : note));
export const term = (value, name, more = "", exact = value) => h("span", { class: `term ${more}` }, h("b", { data: { exact } }, typeof value === "number" ? fixed(value) : value), h("small", {}, name));
export const line = (...parts) => h("p", { class: "equation" }, parts);
