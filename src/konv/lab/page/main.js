// The frame of the page: views by the address's hash, language, scheme, and whether the server is there.

import { app, button, h, heard, json, t, waiting, failure, whenHeard } from "./core.js";
import * as look from "./look.js";
import * as whatif from "./whatif.js";
import * as train from "./train.js";
import * as network from "./network.js";
import * as mistakes from "./mistakes.js";

const VIEWS = { look, whatif, train, network, mistakes };
const SCHEMES = ["auto", "light", "dark"];
const kept = {
  get: (name) => { try { return localStorage.getItem(`konv.${name}`); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(`konv.${name}`, value); } catch { /* private windows */ } },
};
const place = document.getElementById("view");
let current = null;
let serial = 0;

function chosenView() {
  const name = location.hash.slice(1);
  return name in VIEWS ? name : "look";
}

async function show(focus = false) {
  const name = chosenView(), mine = ++serial;
  if (current && VIEWS[current].leave) VIEWS[current].leave();
  current = name;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${t(`lab.nav.${name}`)} · konv lab`;
  place.replaceChildren(waiting());
  try {
    const made = await VIEWS[name].enter();
    if (mine === serial) place.replaceChildren(...[made].flat());
    if (VIEWS[name].shown) VIEWS[name].shown();
  } catch (error) {
    if (mine === serial) place.replaceChildren(failure(error, () => show()));
  }
  if (focus) place.focus({ preventScroll: true });
}

async function speak(language) {
  const found = await json(`texts?lang=${language}`);
  Object.assign(app, { language: found.language, texts: found.texts });
  document.documentElement.lang = app.language === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  document.getElementById("nav").setAttribute("aria-label", t("lab.nav"));
  document.getElementById("nav").replaceChildren(h("ul", {}, Object.keys(VIEWS).map((name) =>
    h("li", {}, h("a", { href: `#${name}`, data: { view: name } }, t(`lab.nav.${name}`))))));
  const other = app.language === "zh" ? ["en", "English"] : ["zh", "中文"];
  const switcher = document.getElementById("language");
  switcher.textContent = other[1];
  switcher.lang = other[0];
  switcher.onclick = async () => { kept.set("language", other[0]); await speak(other[0]); await refresh(); };
  dress(document.documentElement.dataset.scheme || "auto");
}

function dress(scheme) {
  if (scheme === "auto") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = scheme;
  const changer = document.getElementById("scheme");
  changer.textContent = t(`lab.scheme.${scheme}`);
  changer.setAttribute("aria-label", `${t("lab.scheme")}: ${t(`lab.scheme.${scheme}`)}`);
  changer.onclick = () => {
    const next = SCHEMES[(SCHEMES.indexOf(scheme) + 1) % SCHEMES.length];
    kept.set("scheme", next);
    dress(next);
    show();
  };
}

async function refresh() {
  app.state = await json("state");
  await show();
}
app.refresh = refresh;

// Whether anybody answers. A page whose server has stopped says so, keeps what it shows, and looks again by itself.
let lost = false;
let looking = 0;
whenHeard((well) => {
  if (well === !lost) return;
  lost = !well;
  const banner = document.getElementById("banner");
  banner.hidden = well;
  document.body.classList.toggle("lost", lost);
  clearInterval(looking);
  if (well) return;
  banner.replaceChildren(h("p", {}, h("strong", {}, t("lab.gone")), " ", t("lab.gone_note")), button(t("lab.again"), retry));
  looking = setInterval(retry, 3000);
});
async function retry() {
  try { await json("state"); if (!app.state) await refresh(); listen(); } catch { /* still gone */ }
}

let source = null;
function listen() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource(new URL("api/news", document.baseURI));
  source.onmessage = (event) => {
    app.training = JSON.parse(event.data);
    document.body.classList.toggle("training", ["running", "starting"].includes(app.training.state));
    if (current === "train") train.news();
  };
  source.onerror = () => heard(false);
  source.onopen = () => heard(true);
}

addEventListener("hashchange", () => show(true));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());

dress(kept.get("scheme") ?? "auto");
try {
  const wish = kept.get("language") ?? "";
  await speak(wish);
  await refresh();
  listen();
} catch (error) {
  place.replaceChildren(failure(error, () => location.reload()));
}
