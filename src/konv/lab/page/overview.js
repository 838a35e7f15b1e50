// A wide drawing in small, and a frame around the part of it that is seen; the frame can be moved.

import { h, t } from "./core.js";

export class Overview {
  // `view`, the element that scrolls.
  constructor(view) {
    this.view = view;
    this.pane = h("rect", { class: "pane", y: 0 });
    this.boxes = h("path", {});
    this.element = h("svg", { class: "overview", preserveAspectRatio: "none", role: "img", "aria-label": t("lab.network.overview"),
      onpointerdown: (event) => { this.element.setPointerCapture(event.pointerId); this.go(event); }, onpointermove: (event) => { if (event.buttons) this.go(event); } }, this.boxes, this.pane);
    view.addEventListener("scroll", () => this.refresh(), { passive: true });
    new ResizeObserver(() => this.refresh()).observe(view);
  }

  // `places`, { x, y, w, h } of what is drawn, on `width` × `height`.
  draw(places, width, height) {
    this.width = width;
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.pane.setAttribute("height", height);
    this.boxes.setAttribute("d", places.map(({ x, y, w, h: tall }) => `M${x.toFixed(0)} ${y.toFixed(0)}h${w.toFixed(0)}v${tall.toFixed(0)}h${(-w).toFixed(0)}z`).join(""));
    this.refresh();
  }

  refresh() {
    const seen = this.view.clientWidth;
    this.element.style.visibility = this.width > seen + 1 ? "" : "hidden";
    this.pane.setAttribute("x", this.view.scrollLeft);
    this.pane.setAttribute("width", Math.min(seen, this.width));
  }

  go(event) {
    const area = this.element.getBoundingClientRect(), share = (event.clientX - area.left) / area.width;
    this.view.scrollLeft = share * this.width - this.view.clientWidth / 2;
  }
}
