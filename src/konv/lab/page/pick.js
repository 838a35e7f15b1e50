// Choosing what to look at: samples, a file, a drawing, the camera.

import { app, button, className, fill, h, packed, query, t } from "./core.js";
import { picture } from "./paint.js";

const SIDE = 280;

// `chosen(options, body)` is called with the query of `look`, and the bytes of a picture where it is no sample.
export class Pick {
  constructor(chosen) {
    this.chosen = chosen;
    this.start = 0;
    this.current = 0;
    this.thumbs = h("div", { class: "thumbs", role: "group", "aria-label": t("lab.samples") });
    this.file = h("input", { type: "file", accept: "image/*", class: "unseen", tabindex: "-1", "aria-label": t("lab.own_picture"), onchange: () => this.take(this.file.files[0]) });
    this.extra = h("div", { class: "extra", hidden: true });
    this.note = h("p", { class: "wrong", role: "alert", hidden: true });
    this.element = h("section", { class: "pick", "aria-label": t("lab.pick") }, this.thumbs,
      h("div", { class: "ways" }, button(t("lab.other_samples"), () => this.others()), button(t("lab.own_picture"), () => this.file.click()),
        button(t("lab.draw"), () => this.toggle("draw")), button(t("lab.camera"), () => this.toggle("camera")), this.file),
      this.note, this.extra);
    document.addEventListener("dragover", this.dragged);
    document.addEventListener("dragleave", this.dragged);
    document.addEventListener("drop", this.dropped);
    this.others(true);
  }

  dragged = (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", event.type === "dragover");
  };

  dropped = (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files?.[0];
    if (file) this.take(file);
  };

  leave() {
    for (const name of ["dragover", "dragleave"]) document.removeEventListener(name, this.dragged);
    document.removeEventListener("drop", this.dropped);
    this.stop();
  }

  async take(file) {
    if (!file) return;
    this.file.value = "";
    await this.send({ name: file.name }, file);
  }

  async send(options, body) {
    this.say(null);
    try {
      await this.chosen(options, body);
      this.mark(body ? null : Number(options.sample));
    } catch (error) {
      if (!error.gone) this.say(error.message);
    }
  }

  say(words) {
    this.note.hidden = !words;
    this.note.textContent = words ?? "";
  }

  // The first screenful has one sample of each class.
  numbers() {
    const count = app.state.samples, many = innerWidth < 700 ? 6 : 10;
    if (this.start === 0) {
      const firsts = app.state.names.map((_, label) => app.state.labels.indexOf(label)).filter((n) => n >= 0);
      firsts.sort((a, b) => (a === 0 ? -1 : b === 0 ? 1 : 0));
      if (firsts.length >= 2) return firsts.slice(0, many);
    }
    return Array.from({ length: Math.min(many, count) }, (_, i) => (this.start + i) % count);
  }

  async others(first = false) {
    if (!first) this.start = (this.start + 10) % Math.max(app.state.samples, 1);
    const numbers = this.numbers();
    const [head, bytes] = await packed(query("thumbs", { numbers: numbers.join(",") }));
    const [height, width] = head.shape, size = height * width * 3;
    this.thumbs.replaceChildren(...numbers.slice(0, head.count).map((number, i) => {
      const name = className(app.state.names[app.state.labels[number]] ?? "");
      return button(picture(bytes.subarray(i * size, (i + 1) * size), height, width, 3), () => this.send({ sample: number }),
        { class: "thumb", data: { sample: number }, title: name, "aria-label": t("lab.sample", { number: number + 1, name }) });
    }));
    this.mark(this.current);
  }

  mark(number) {
    this.current = number;
    for (const thumb of this.thumbs.children) thumb.setAttribute("aria-pressed", String(Number(thumb.dataset.sample) === number));
  }

  toggle(name) {
    const open = this.open === name;
    this.stop();
    if (open) return;
    this.open = name;
    this.extra.hidden = false;
    fill(this.extra, name === "draw" ? this.board() : this.view());
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.open = null;
    this.extra.hidden = true;
    this.extra.replaceChildren();
  }

  // A black board and white chalk, as the embedded images are; each stroke is looked at when it ends.
  board() {
    const canvas = h("canvas", { width: SIDE, height: SIDE, class: "board", tabindex: "0", role: "img", "aria-label": t("lab.board") });
    const context = canvas.getContext("2d");
    const clear = () => { context.fillStyle = "#000"; context.fillRect(0, 0, SIDE, SIDE); };
    clear();
    Object.assign(context, { strokeStyle: "#fff", lineWidth: 22, lineCap: "round", lineJoin: "round" });
    let drawing = false, at = [0, 0];
    const place = (event) => { const area = canvas.getBoundingClientRect(); return [((event.clientX - area.left) / area.width) * SIDE, ((event.clientY - area.top) / area.height) * SIDE]; };
    const stroke = (to) => { context.beginPath(); context.moveTo(...at); context.lineTo(...to); context.stroke(); at = to; };
    canvas.onpointerdown = (event) => { drawing = true; at = place(event); canvas.setPointerCapture(event.pointerId); stroke(at); };
    canvas.onpointermove = (event) => { if (drawing) stroke(place(event)); };
    canvas.onpointerup = () => { drawing = false; this.shoot(canvas, t("lab.drawing")); };
    return h("div", { class: "studio" }, canvas, h("div", { class: "beside" }, h("p", {}, t("lab.draw_note")), button(t("lab.clear"), clear), button(t("lab.close"), () => this.stop())));
  }

  shoot(canvas, name) {
    canvas.toBlob((blob) => blob && this.send({ name }, blob), "image/png");
  }

  view() {
    const video = h("video", { class: "board", autoplay: true, playsinline: true, muted: true });
    const note = h("p", {}, t("lab.camera_asking"));
    const take = button(t("lab.take"), () => {
      const size = Math.min(video.videoWidth, video.videoHeight);
      if (!size) return;
      const canvas = h("canvas", { width: size, height: size });
      canvas.getContext("2d").drawImage(video, (video.videoWidth - size) / 2, (video.videoHeight - size) / 2, size, size, 0, 0, size, size);
      this.shoot(canvas, t("lab.photo"));
    }, { disabled: true });
    this.begin(video).then(() => { note.textContent = t("lab.camera_note"); take.disabled = false; }, () => { note.textContent = t("lab.no_camera"); });
    return h("div", { class: "studio" }, video, h("div", { class: "beside" }, note, take, button(t("lab.close"), () => this.stop())));
  }

  async begin(video) {
    if (!navigator.mediaDevices) throw new Error("no camera");
    this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = this.stream;
  }
}
