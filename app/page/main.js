/** From the address to a view, and what all views share. */

import * as answer from "./answer.js";
import * as api from "./api.js";
import { loadColours } from "./colours.js";
import { fill, h } from "./dom.js";
import { invite, wirePhotos } from "./photo.js";
import { postPhoto, recallPhoto } from "./posting.js";
import { clearTrouble, showTrouble } from "./trouble.js";
import { count, plural } from "./words.js";

const VIEWS = {
  "": { module: "./network.js", name: "Network", photo: true },
  layer: { module: "./layer.js", photo: true },
  number: { module: "./number.js", photo: true },
  look: { module: "./look.js", name: "Where did it look?", photo: true },
  "switch-off": { module: "./switch_off.js", name: "Switch it off", photo: true },
  experiments: { module: "./experiments.js", name: "Experiments" },
  toy: { module: "./toy.js", name: "Toy" },
};
const $ = (id) => document.getElementById(id);
const state = { photo: null, network: null, turn: 0, cleanup: null, busy: false };

/**
 * Reads the address: view, parts of the path behind it, and query.
 * @param {string} hash
 */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...parts] = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view, parts, query: new URLSearchParams(query) };
}

/** A link into this page; the photo goes with it. */
function link(path, query = {}) {
  const asked = { photo: state.photo?.id, ...query };
  return api.url(`#${path}`, asked);
}

function go(hash) {
  const { query } = parse(hash);
  const bare = hash.startsWith("#") ? hash : `#${hash}`;
  const photo = state.photo && !query.has("photo") ? `${bare.includes("?") ? "&" : "?"}photo=${state.photo.id}` : "";
  if (location.hash === bare + photo) show();
  else location.hash = bare + photo;
}

/** Remembers a choice in the address without leaving the view. */
function keep(changes) {
  const { query } = parse(location.hash);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") query.delete(key);
    else query.set(key, value);
  }
  const path = location.hash.split("?")[0] || "#/";
  history.replaceState(history.state, "", query.size ? `${path}?${query}` : path);
}

function say(text) {
  $("status").textContent = text;
}

async function show() {
  const turn = ++state.turn;
  const here = parse(location.hash);
  const known = VIEWS[here.view] ?? VIEWS[""];
  $("view").setAttribute("aria-busy", "true");
  try {
    state.network ??= await api.json("/layers");
    if (turn !== state.turn) return;
    describe(state.network);
    await findPhoto(here.query.get("photo"));
    if (turn !== state.turn) return;
    const module = known.photo && !state.photo ? { show: invite } : await load(known.module);
    if (turn !== state.turn) return;
    leave();
    marks(here.view);
    const root = h("section", { id: "view", "aria-busy": "true", class: `view-${here.view || "network"}` });
    $("view").replaceWith(root);
    const cleanup = await module.show(root, { ...context(), ...here });
    root.removeAttribute("aria-busy");
    clearTrouble();
    if (turn === state.turn) state.cleanup = cleanup ?? null;
    else cleanup?.();
    if (turn > 1 && turn === state.turn) arrive(root);
    if (turn === 1) setTimeout(loadAll, 1500);
  } catch (error) {
    if (turn !== state.turn || error.name === "AbortError") return;
    await recover(error);
  }
}

async function load(module) {
  try {
    return await import(module);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    throw new api.Problem("server_gone", "The server cannot be reached", "A part of the page could not be loaded.");
  }
}

/** Fetches the other views while nothing else is to do: they are there even when the server is gone. */
async function loadAll() {
  for (const { module } of Object.values(VIEWS)) await import(module).catch(() => {});
}

function context() {
  const { photo, network } = state;
  return { photo, network, api, go, say, link, keep, post, answer, trouble: (error) => recover(error) };
}

async function findPhoto(id) {
  if (!id || id === state.photo?.id) return;
  say("Looking the photo up");
  state.photo = await recallPhoto(id, state.network);
}

/** A forgotten photo whose file is still here is posted again; all else is said. */
async function recover(error) {
  const file = state.photo?.file;
  if (error.code === "image_unknown" && file && !state.busy) {
    say("The server had forgotten the photo: it is posted again");
    await post(file);
    return;
  }
  if (error.code === "image_unknown") {
    state.photo = null;
    keep({ photo: null });
  }
  const view = $("view");
  view.removeAttribute("aria-busy");
  if (!view.querySelector("h1")) {
    fill(view, h("h1", {}, "Nothing to show here yet"), h("p", {}, h("a", { href: link("/") }, "Back to the network")));
  }
  showTrouble(error, () => {
    clearTrouble();
    api.forget();
    show();
  });
  if (error.code !== "image_unknown") return;
  fill(view);
  invite(view, context());
}

async function post(file) {
  state.busy = true;
  try {
    state.photo = await postPhoto(file, state.photo, say);
    clearTrouble();
    const { view: at, parts, query } = parse(location.hash);
    const view = at === "toy" ? "" : at; // it plays with numbers of its own: the answer is elsewhere
    const path = `/${[view, ...parts].map(encodeURIComponent).join("/")}`;
    query.set("photo", state.photo.id);
    go(`#${path}?${query}`);
  } catch (error) {
    if (error.name !== "AbortError") showTrouble(error, () => post(file));
  } finally {
    state.busy = false;
  }
}

function leave() {
  state.cleanup?.();
  state.cleanup = null;
}

function arrive(root) {
  window.scrollTo({ top: 0 });
  const heading = root.querySelector("h1, h2");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

function marks(view) {
  const deeper = ["layer", "number"].includes(view) ? "" : view;
  const links = Object.entries(VIEWS).filter(([, { name }]) => name);
  fill(
    $("views"),
    links.map(([path, { name }]) =>
      h("a", { href: link(`/${path}`), "aria-current": path === deeper ? "page" : null }, name),
    ),
  );
}

function describe({ model, parameters, multiply_adds, layers }) {
  $("facts").textContent =
    `The network that answers: ${model.name}, version ${model.version}; ${plural(layers.length, "layer")}, ` +
    `${count(parameters)} weights, ${count(multiply_adds)} multiplications for a photo.`;
}

wirePhotos(post);
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});
window.addEventListener("hashchange", show);
show();
loadColours().catch(() => {}); // whoever needs them asks again, and says what is wrong
