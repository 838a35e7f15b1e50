// Numbers to colours: signed values on a map that is symmetric about zero (warm, paper, cool), images in greys.

const SCHEMES = {
  light: { paper: [255, 255, 255], cool: [[158, 197, 230], [31, 111, 178], [8, 48, 92]], warm: [[244, 196, 168], [200, 80, 30], [104, 32, 6]] },
  dark: { paper: [27, 33, 40], cool: [[36, 74, 108], [98, 174, 234], [222, 241, 255]], warm: [[92, 50, 28], [240, 133, 79], [255, 228, 209]] },
};

export const dark = () => {
  const chosen = document.documentElement.dataset.scheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const tables = {};
// 255 colours for −127 … 127, three bytes each.
function colours() {
  const name = dark() ? "dark" : "light";
  if (!tables[name]) {
    const { paper, cool, warm } = SCHEMES[name];
    tables[name] = Uint8Array.from(Array.from({ length: 255 }, (_, i) => {
      const value = (i - 127) / 127;
      const stops = [paper, ...(value < 0 ? warm : cool)];
      const at = Math.min(Math.abs(value) ** 0.8 * 3, 2.999);
      const low = Math.floor(at);
      return [0, 1, 2].map((c) => stops[low][c] + (stops[low + 1][c] - stops[low][c]) * (at - low));
    }).flat());
  }
  return tables[name];
}

const shades = { dark: [], light: [] };
export function cssColour(value, scale) {
  const table = colours(), known = shades[dark() ? "dark" : "light"];
  const level = scale ? Math.max(-127, Math.min(127, Math.round((value / scale) * 127))) : 0;
  const at = (level + 127) * 3;
  return (known[at] ??= { back: `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`, ink: ink(table, at) });
}
// Black or white, whichever stands out more (WCAG 2.2's relative luminance): at least 4.58 to 1.
function ink(table, at) {
  const [r, g, b] = [0, 1, 2].map((c) => { const v = table[at + c] / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

function canvasOf(width, height, canvas) {
  canvas ??= document.createElement("canvas");
  if (canvas.width !== width) canvas.width = width; // setting a size makes a new picture
  if (canvas.height !== height) canvas.height = height;
  return canvas;
}

function filled(canvas, width, height, colour) {
  canvas = canvasOf(width, height, canvas);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const at = i * 4;
    image.data[at + 3] = 255;
    colour(i, image.data, at);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

const words = {};
// The same as 256 pixels; the first, for −128, shows nothing.
function pixels() {
  const name = dark() ? "dark" : "light";
  if (!words[name]) {
    const bytes = new Uint8Array(1024), table = colours();
    for (let i = 0; i < 255; i++) bytes.set([table[3 * i], table[3 * i + 1], table[3 * i + 2], 255], 4 * i + 4);
    words[name] = new Uint32Array(bytes.buffer);
  }
  return words[name];
}
export const CLEAR = -128; // nothing there

// A feature map: signed bytes, one pixel of the canvas each; CSS enlarges it without smoothing.
export function signed(levels, height, width, canvas) {
  canvas = canvasOf(width, height, canvas);
  const context = canvas.getContext("2d"), table = pixels();
  const image = context.createImageData(width, height), data = new Uint32Array(image.data.buffer);
  for (let i = 0; i < data.length; i++) data[i] = table[levels[i] + 128];
  context.putImageData(image, 0, 0);
  return canvas;
}

// Many pictures of the same size, one after the other in `levels`, in one canvas of `wide` × `tall` CSS pixels: each at
// its place, [left, top, width, height]. A canvas of its own for each would be a layer of its own, which a browser puts
// together with hundreds of others in every frame.
export function sheet(levels, height, width, places, [wide, tall], canvas) {
  const ratio = devicePixelRatio || 1, across = Math.max(1, Math.round(wide * ratio)), down = Math.max(1, Math.round(tall * ratio));
  canvas = canvasOf(across, down, canvas);
  Object.assign(canvas.style, { width: `${wide}px`, height: `${tall}px` });
  const context = canvas.getContext("2d"), table = pixels();
  const image = context.createImageData(across, down), data = new Uint32Array(image.data.buffer);
  places.forEach((place, i) => {
    const [left, top, right, bottom] = [place[0], place[1], place[0] + place[2], place[1] + place[3]].map((edge) => Math.round(edge * ratio));
    const columns = Uint32Array.from({ length: right - left }, (_, x) => Math.floor(((x + 0.5) * width) / (right - left)));
    for (let y = top; y < bottom; y++) {
      const row = (i * height + Math.floor(((y - top + 0.5) * height) / (bottom - top))) * width, at = y * across + left;
      for (let x = 0; x < columns.length; x++) data[at + x] = table[levels[row + columns[x]] + 128];
    }
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

// The numbers of a table as levels, ±127 for ±scale, in rows of `pitch` from `at` on.
export function levelled({ values, height, width }, scale, levels, at = 0, pitch = width) {
  const factor = scale ? 127 / scale : 0;
  for (let r = 0, from = 0; r < height; r++) {
    for (let to = at + r * pitch, end = to + width; to < end; to++, from++) levels[to] = Math.max(-127, Math.min(127, Math.round(values[from] * factor)));
  }
  return levels;
}

// A table as a picture; where `inside` says 0 there is nothing.
export function signedTable(table, scale, canvas, inside = null) {
  const levels = levelled(table, scale, new Int8Array(table.values.length));
  if (inside) for (let i = 0; i < levels.length; i++) if (!inside[i]) levels[i] = CLEAR;
  return signed(levels, table.height, table.width, canvas);
}

// An image as it is: bytes, 1 or 3 channels.
export function picture(bytes, height, width, channels, canvas) {
  return filled(canvas, width, height, (i, data, at) => {
    for (let c = 0; c < 3; c++) data[at + c] = bytes[i * channels + (channels === 3 ? c : 0)];
  });
}

// Heat over an image: what is cold is grey and dim, what is hot is as it is, and outlined in the accent's colour.
export function heat(bytes, height, width, channels, hot, canvas) {
  return filled(canvas, width, height, (i, data, at) => {
    const share = hot[i] / 255;
    const grey = channels === 3 ? 0.3 * bytes[i * 3] + 0.59 * bytes[i * 3 + 1] + 0.11 * bytes[i * 3 + 2] : bytes[i];
    const tint = [240, 133, 79];
    for (let c = 0; c < 3; c++) data[at + c] = grey * (1 - 0.75 * share) * (0.45 + 0.55 * share) + tint[c] * 0.75 * share;
  });
}

// A table with its numbers written in cells of `side` CSS pixels, `words(value)`.
export function numbered({ values, height, width }, scale, side, words, canvas, inside = null) {
  const ratio = devicePixelRatio || 1;
  canvas = canvasOf(Math.round(width * side * ratio), Math.round(height * side * ratio), canvas);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width * side, height * side);
  Object.assign(context, { font: "12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
  values.forEach((value, i) => {
    if (inside && !inside[i]) return;
    const { back, ink: colour } = cssColour(value, scale), x = (i % width) * side, y = Math.floor(i / width) * side;
    context.fillStyle = back;
    context.fillRect(x, y, side - 1, side - 1);
    context.fillStyle = colour;
    context.fillText(words(value), x + side / 2, y + side / 2);
  });
  return canvas;
}

export function largest(values) {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
