// Repeated blocks of a deep network, folded: the first is drawn, a stack stands for those behind it.

const DEEP = 40; // layers, up to which nothing is folded
const LONGEST = 12; // pieces that one block may consist of

// The layers cut behind every one through which all data flow: [[layer, …], …].
function pieces(layers) {
  const last = new Map(), found = [[]];
  layers.forEach((layer, i) => layer.reads.forEach((name) => last.set(name, i)));
  let crossing = new Set([""]);
  layers.forEach((layer, i) => {
    crossing.add(layer.name);
    crossing = new Set([...crossing].filter((name) => last.get(name) > i));
    found.at(-1).push(layer);
    if (crossing.size === 0 || (crossing.size === 1 && crossing.has(layer.name))) found.push([]);
  });
  return found.filter((piece) => piece.length);
}

// What two pieces have to have in common to be called the same: operations, sizes but not channels, and connections.
const form = (piece) => piece.map((layer) => [layer.kind, layer.shape.slice(0, -1).join("×"), layer.reads.map((name) => piece.findIndex((l) => l.name === name))].join("|")).join(";");

// How often the `length` forms from `at` on are repeated.
function times(forms, at, length) {
  let count = 1;
  while (forms.slice(at + count * length, at + (count + 1) * length).join() === forms.slice(at, at + length).join() && at + (count + 1) * length <= forms.length) count++;
  return count;
}

// `layers` with a stack, { name, folded: [layers], blocks, … }, in place of the blocks that repeat the one before them,
// but for stacks whose names are in `opened`.
export function folded(layers, opened) {
  if (layers.length <= DEEP) return layers;
  const parts = pieces(layers), forms = parts.map(form), found = [], renamed = new Map();
  for (let at = 0; at < parts.length;) {
    let best = { length: 1, count: 1, layers: 0 };
    for (let length = 1; length <= LONGEST; length++) {
      const count = times(forms, at, length), hidden = parts.slice(at + length, at + length * count).flat().length;
      if (count > 1 && hidden > 2 && hidden > best.layers && parts.slice(at, at + length).flat().length > 1) best = { length, count, layers: hidden };
    }
    const { length, count } = best, first = parts.slice(at, at + length).flat(), rest = parts.slice(at + length, at + length * count).flat();
    found.push(...first);
    const name = rest.length ? `+${first.at(-1).name}` : "";
    if (rest.length && !opened.has(name)) {
      const sum = (what) => rest.reduce((total, layer) => total + layer[what], 0);
      for (const layer of rest) renamed.set(layer.name, name);
      found.push({ name, folded: rest, blocks: count - 1, shape: rest.at(-1).shape, reads: [first.at(-1).name], parameters: sum("parameters"), macs: sum("macs"), bytes: sum("bytes") });
    } else found.push(...rest);
    at += length * count;
  }
  return found.map((layer) => ({ ...layer, reads: layer.reads.map((name) => renamed.get(name) ?? name) }));
}
