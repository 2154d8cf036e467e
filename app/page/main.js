/** From the address to a view, and what all views share. */

import { hashOf, keep, parse, pathTo, suited } from "./address.js";
import * as api from "./api.js";
import { loadColours } from "./colours.js";
import { fill, h } from "./dom.js";
import { isLost, remedy } from "./gone.js";
import { makeModelChoice } from "./model_choice.js";
import { listModels, networkNow } from "./networks.js";
import { invite, wirePhotos } from "./photo.js";
import { again, findPhoto, postPhoto } from "./posting.js";
import { clearTrouble, showNote, showTrouble } from "./trouble.js";
import { arrive, describe, load, loadAll, marks, viewCalled } from "./views.js";
import { count } from "./words.js";

const $ = (id) => document.getElementById(id);
// `model` is the name of the one that is looked at; null for the usual one.
const state = { photo: null, network: null, models: null, model: null, note: "", turn: 0, cleanup: null };
const choice = makeModelChoice($("models"), change);

/** A link into this page; the photo and the network go with it. */
const link = (path, query = {}) => hashOf(path, { photo: state.photo?.id, model: state.model, ...query });

function go(hash) {
  if (location.hash === hash) show();
  else location.hash = hash;
}

function say(text) {
  $("status").textContent = text;
}

async function show() {
  const turn = ++state.turn;
  const here = parse();
  const known = viewCalled(here.view);
  $("view").setAttribute("aria-busy", "true");
  try {
    await find(here.query, turn);
    if (turn !== state.turn) return;
    describe(state.network);
    const module = known.photo && !state.photo ? { show: invite } : await load(known);
    if (turn !== state.turn) return;
    state.cleanup?.();
    state.cleanup = null;
    marks(here.view, link);
    const root = h("section", { id: "view", "aria-busy": "true", class: `view-${here.view || "network"}` });
    $("view").replaceWith(root);
    const cleanup = await module.show(root, { ...context(), ...here });
    root.removeAttribute("aria-busy");
    if (turn !== state.turn) return void cleanup?.();
    state.cleanup = cleanup ?? null;
    clearTrouble();
    remark();
    if (turn > 1) arrive(root);
    else setTimeout(loadAll, 1500);
  } catch (error) {
    if (turn !== state.turn || error.name === "AbortError") return;
    await recover(error);
  }
}

/** What the address names: the photo and the network that answered it, or else the network that would. */
async function find(query, turn) {
  const [id, name] = [query.get("photo"), query.get("model")];
  if (!state.photo || (id && id !== state.photo.id)) {
    state.photo = null;
    if (id) say("Looking the photo up");
    const same = state.network && state.network.model.name === (name ?? usual());
    const [models, photo, network] = await Promise.all([
      state.models ?? listModels(),
      id ? findPhoto(id) : null,
      id || same ? state.network : networkNow(name),
    ]);
    if (turn !== state.turn) return;
    Object.assign(state, { models, photo, network: photo?.network ?? network });
  }
  chosen();
  keep({ model: state.model });
}

const usual = () => state.models.find((model) => model.usual)?.name;

function chosen() {
  const { name } = state.network.model;
  state.model = name === usual() ? null : name;
  choice.draw(state.models, name);
}

/** Another network for the whole walk: it gets the same photo. */
async function change(name) {
  const model = name === usual() ? null : name;
  const { photo } = state;
  try {
    if (!photo) return go(link(pathTo(parse()), { ...Object.fromEntries(parse().query), model }));
    const file = await again(photo);
    if (!photo.file) state.note = `Only the browser that posted it has the photo: ${name} got the input of the network before.`;
    await post(file, { model });
  } catch (error) {
    await recover(error);
  }
  if (state.network) chosen();
  return undefined;
}

function context() {
  const { photo, network } = state;
  return { photo, network, api, go, say, link, keep, post: take, trouble: recover };
}

/** A forgotten photo whose file is still here is posted again; all else is said. */
async function recover(error) {
  if (!isLost(error)) return tell(error);
  if (state.busy) return undefined; // a photo is on its way: whatever was lost is not looked at any more
  const { file } = state.photo ?? {};
  try {
    const { problem, by, quietly } = await remedy(error, state.photo);
    if (!file) return state.starting ? tell(problem) : startOver(problem, by.model);
    if (!quietly) return tell(problem, () => post(file, by), "Post the photo again");
    say("The server had forgotten the photo: it is posted again");
    return post(file, by);
  } catch (other) {
    return tell(other);
  }
}

/** Without the photo and the network that are not there any more. */
async function startOver(error, model) {
  keep({ photo: null, model });
  Object.assign(state, { photo: null, network: null, models: null, starting: true });
  await show();
  state.starting = false;
  showTrouble(error);
}

function tell(error, onceMore = retry, words) {
  const view = $("view");
  view.removeAttribute("aria-busy");
  if (!view.querySelector("h1")) {
    fill(view, h("h1", {}, "Nothing to show here yet"), h("p", {}, h("a", { href: link("/") }, "Back to the network")));
  }
  showTrouble(error, onceMore, words);
}

function retry() {
  clearTrouble();
  api.forget();
  show();
}

/** What is worth knowing of a photo that came. */
function remark() {
  if (state.note) showNote(state.note);
  state.note = "";
}

/** Takes the first of some files that came at once. */
function take(file, others = 0) {
  if (others) state.note = `${count(others + 1)} files came at once: the first one, ${file.name}, was taken.`;
  return post(file);
}

async function post(file, by = { model: state.model }) {
  state.busy = true;
  try {
    const photo = await postPhoto(file, by, say);
    state.models ??= await listModels();
    const { view, parts, query } = suited(parse(), state.network ?? photo.network, photo.network);
    Object.assign(state, { photo, network: photo.network });
    clearTrouble();
    chosen();
    const at = view === "toy" ? "" : view; // it plays with numbers of its own: the answer is elsewhere
    go(link(pathTo({ view: at, parts }), { ...Object.fromEntries(query), photo: photo.id, model: state.model }));
  } catch (error) {
    if (error.name !== "AbortError") showTrouble(error, () => post(file, isLost(error) ? {} : by));
    remark();
  } finally {
    state.busy = false;
  }
}

wirePhotos(take);
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});
window.addEventListener("hashchange", show);
show();
loadColours().catch(() => {}); // whoever needs them asks again, and says what is wrong
