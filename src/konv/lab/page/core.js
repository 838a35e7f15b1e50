// What every view uses: texts, requests, elements, numbers, announcements.

export const app = { language: "en", texts: {}, state: null, look: null, training: { state: "none", runs: [] } };

// The text under a key with its values filled in; a key without a text shows itself, so that nothing is blank.
export function t(key, values = {}) {
  const text = app.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// Requests. Every failure becomes an Error whose message is a sentence for the user; `gone` says that nobody answered.
async function answer(path, options = {}) {
  const address = new URL(`api/${path}`, document.baseURI);
  if (!address.searchParams.has("lang")) address.searchParams.set("lang", app.language);
  let response;
  try {
    response = await fetch(address, { cache: "no-store", ...options });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    heard(false);
    throw Object.assign(new Error(t("lab.gone")), { gone: true });
  }
  heard(true);
  if (!response.ok) {
    const written = await response.text();
    let error = written;
    try { error = JSON.parse(written).error; } catch { /* a sentence of the door's */ }
    throw new Error(error || response.statusText);
  }
  return response;
}

let listener = () => {};
export const whenHeard = (call) => { listener = call; };
export const heard = (well) => listener(well);

export const json = async (path, options) => (await answer(path, options)).json();

export async function packed(path, options) {
  const buffer = await (await answer(path, options)).arrayBuffer();
  const size = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  return [head, new Uint8Array(buffer, 4 + size)];
}

// Exact arrays behind a head: `count` tables of a size, float32, one after the other from the byte `at`.
export const tables = (bytes, [height, width], count, at = 0) => Array.from({ length: count }, (_, i) =>
  ({ height, width, values: new Float32Array(bytes.buffer, bytes.byteOffset + at + 4 * i * height * width, height * width) }));

export const query = (path, values) => `${path}?${new URLSearchParams(values)}`;
export const post = (path, body) => json(path, { method: "POST", body: body === undefined ? "" : JSON.stringify(body) });

// Runs `work` for the newest wish only: while one is under way, the wishes between are dropped.
export function newest(work) {
  let wish = null, busy = false;
  return async function ask(...given) {
    wish = given;
    if (busy) return;
    busy = true;
    while (wish) {
      const now = wish;
      wish = null;
      try { await work(...now); } catch (error) { if (!error.gone) console.info(error.message); }
    }
    busy = false;
  };
}

// An element: h("p", { class: "note", onclick: f, data: { n: 1 } }, "text", child, …).
export function h(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "rect", "line", "polyline", "polygon", "circle", "text", "title"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key === "style") Object.assign(made.style, value);
    else if (key in made && !svg && typeof value === "boolean") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// In place of what is in an element; what is null is left out.
export const fill = (element, ...children) => { element.replaceChildren(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false)); return element; };

export const button = (label, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, label);

// Numbers as people read them: a true minus, no negative zero.
export function fixed(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.5 * 10 ** -digits && digits > 2) return tiny(value);
  const text = value.toFixed(size >= 1000 ? Math.min(digits, 1) : digits);
  return (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text).replace("-", "−");
}
const SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹";
function tiny(value) {
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits.replace("-", "−")}·10⁻${[...power.replace("-", "")].map((d) => SUPER[d]).join("")}`;
}
export const whole = (value) => Math.round(value).toLocaleString("en-US").replaceAll(",", app.language === "zh" ? "," : ",");
export const percent = (value) => `${(value * 100).toFixed(value > 0.9995 || value < 0.0995 ? 1 : 0)} %`.replace("100.0", "100");
export const shape = (sizes) => sizes.join("×");

let clearing = 0;
export function announce(text) {
  const place = document.getElementById("announcer");
  clearTimeout(clearing);
  clearing = setTimeout(() => { place.textContent = text; }, 150);
}

// The classes' names in the language of the page, where it has them.
const WORDS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
export function className(name) {
  const at = WORDS.indexOf(name);
  return at < 0 ? name : t(`lab.clothes.${at}`);
}
export const failure = (error, again) => h("div", { class: "empty", role: "alert" }, h("p", {}, error.message),
  again && button(t("lab.again"), again));
export const waiting = (words = t("lab.loading")) => h("div", { class: "empty", "aria-busy": "true" },
  h("span", { class: "spinner" }), h("p", {}, words));
