// What lies over the strip: frames around what a number was computed from, and lines from there to the number. One
// picture in a layer of its own, so that the maps below need not be painted again while a pointer moves, and of no more
// of the strip than is seen.

import { h } from "./core.js";

const MARGIN = 240; // pixels beyond what is seen
const box = ([x, y, w, h]) => `M${x.toFixed(1)} ${y.toFixed(1)}h${w.toFixed(1)}v${h.toFixed(1)}h${(-w).toFixed(1)}z`;

export class Overlay {
  // `root`, the element it covers, in an element that scrolls.
  constructor(root) {
    this.root = root;
    this.left = this.right = 0;
    this.areas = new Map();
    this.parts = Object.fromEntries(["lines", "halo", "boxes", "here"].map((name) => [name, h("path", { class: name })]));
    this.element = h("svg", { class: "over", "aria-hidden": "true" }, Object.values(this.parts));
    new ResizeObserver(() => { this.forget(); this.again?.(); }).observe(root);
  }

  // Elements have moved.
  forget() { this.areas.clear(); this.sized = false; }

  // The element has been scrolled.
  scrolled() {
    const { scrollLeft, clientWidth } = this.root.parentElement;
    if (scrollLeft < this.left || scrollLeft + clientWidth > this.right) { this.sized = false; this.again?.(); }
  }

  // Cover what is seen.
  size() {
    const { scrollLeft, clientWidth } = this.root.parentElement, whole = this.root.scrollWidth;
    this.left = Math.max(0, scrollLeft - MARGIN);
    this.right = Math.max(this.left, Math.min(whole, scrollLeft + clientWidth + MARGIN));
    this.element.setAttribute("width", this.right - this.left);
    this.element.setAttribute("height", this.root.scrollHeight);
    this.element.style.left = `${this.left}px`;
    this.sized = true;
  }

  // Where an element is, as [x, y, width, height] on the root; read once, until something has moved.
  area(element) {
    let found = this.areas.get(element);
    if (!found) {
      const area = element.getBoundingClientRect(), origin = this.root.getBoundingClientRect();
      found = [area.left - origin.left, area.top - origin.top, area.width, area.height];
      this.areas.set(element, found);
    }
    return found;
  }

  // `frames` are [element, [top, left, bottom, right], height, width]: a part of the picture of that size in the element;
  // `here` is one such; `from`, the frames that lines come from.
  draw(frames, here, from) {
    if (!this.sized) this.size();
    const width = this.right - this.left;
    const places = frames.map((frame) => this.place(frame)).filter(([x, , wide]) => x + wide >= 0 && x <= width);
    const end = here && this.place(here);
    const starts = end ? from.map((frame) => this.place(frame)).filter(([x, , w]) => x + w <= end[0]).slice(0, 24) : [];
    const lines = starts.map(([x, y, w, tall]) => `M${(x + w).toFixed(1)} ${y.toFixed(1)}L${end[0].toFixed(1)} ${end[1].toFixed(1)}M${(x + w).toFixed(1)} ${(y + tall).toFixed(1)}L${end[0].toFixed(1)} ${(end[1] + end[3]).toFixed(1)}`);
    this.set("lines", lines.join(""));
    this.parts.lines.classList.toggle("many", starts.length > 4);
    const drawn = places.map(box).join("");
    this.set("halo", drawn + (end ? box(end) : ""));
    this.set("boxes", drawn);
    this.set("here", end ? box(end) + box(this.place([here[0], [0, 0, 1, 1], 1, 1])) : "");
  }

  set(name, path) {
    if (this.parts[name].getAttribute("d") !== path) this.parts[name].setAttribute("d", path);
  }

  place([element, [top, left, bottom, right], height, width]) {
    const [x, y, w, h] = this.area(element);
    return [x - this.left + (left / width) * w, y + (top / height) * h, Math.max(4, ((right - left) / width) * w), Math.max(4, ((bottom - top) / height) * h)];
  }
}
