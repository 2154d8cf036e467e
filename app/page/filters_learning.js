/** Filters from their random start to what training made of them: a slider over the snapshots that were kept. */
import { loadColours } from "./colours.js";
import { makeCurve } from "./curve.js";
import { fill, h, onFrame } from "./dom.js";
import { fetchMoments } from "./filter_moments.js";
import { filterNumbers } from "./filter_numbers.js";
import { makeWall } from "./filter_wall.js";
import { howToRead, kernelPicture } from "./kernel_pictures.js";
import { exactly } from "./networks.js";
import { number } from "./words.js";

const STEP_MS = 700;
const NO_KERNELS = "The snapshots of this network hold no kernels, so how its weights came about cannot be shown.";
const NO_SNAPSHOTS = "No snapshots were kept while this network was trained.";
const COSINE =
  "The cosine of all their weights to the trained ones; below, the epochs that were done (not evenly apart).";

/**
 * @param {HTMLElement} root
 * @param {any} context
 * @returns {Promise<() => void>}
 */
export async function showLearning(root, context) {
  const { network, api, say } = context;
  const [{ snapshots }] = await Promise.all([api.json(api.url("/snapshots", exactly(network))), loadColours()]);
  const kept = network.layers.filter(({ name }) => snapshots.some(({ kernels }) => kernels.includes(name)));
  if (!kept.length) {
    root.append(h("p", { class: "note" }, snapshots.length ? NO_KERNELS : NO_SNAPSHOTS));
    return () => {};
  }
  const state = { at: 0, filter: 0, own: false, turn: 0, playing: null };
  let shown = null;

  async function open(layer) {
    const turn = ++state.turn;
    pause();
    said.textContent = "Fetching the snapshots";
    const fetched = await fetchMoments(layer, context, snapshots);
    if (turn !== state.turn) return;
    shown = fetched;
    state.filter = 0;
    slider.max = String(shown.moments.length - 1);
    wall.rebuild(shown.filters);
    go(0);
  }

  async function reopen() {
    try {
      await open(kept.find(({ name }) => name === select.value));
    } catch (error) {
      said.textContent = `${error.message} Choose the layer once more to try again.`;
    }
  }

  function go(at) {
    state.at = Math.max(0, Math.min(shown.moments.length - 1, at));
    slider.value = String(state.at);
    slider.setAttribute("aria-valuetext", shown.moments[state.at].name);
    drawSoon();
  }

  const drawSoon = onFrame(() => {
    const { layer, moments, slices } = shown;
    const moment = moments[state.at];
    const limitOf = (one) => (state.own ? one.reach : shown.reach);
    const picture = (one, filter) => kernelPicture(one.kernels, layer, network, filter, slices[filter], limitOf(one));
    when.textContent = moment.name;
    wall.draw((filter) => picture(moment, filter));
    const frame = (one) =>
      h("figure", { class: one === moment && "now" }, picture(one, state.filter), h("figcaption", {}, one.short));
    fill(film, moments.map(frame));
    said.textContent = sentence(moment, limitOf(moment));
    drawCurve(moments, moment);
    drawNumbers();
  });

  function sentence(moment, limit) {
    const total = shown.layer.weights.kernel.at(-1);
    const which = shown.filters < total ? `The first ${shown.filters} of ${total} filters` : `All ${total} filters`;
    const scale = `the largest weight of ${state.own ? "this moment" : "all moments"}`;
    return (
      `${which}, ${moment.name}. ${howToRead(shown.layer, network)} Colours reach ±${number(limit)}, ${scale}. ` +
      `Likeness to the trained filters: ${number(moment.like, 3)} (1 is the same, 0 has nothing in common).`
    );
  }

  function drawCurve(moments, moment) {
    const [first] = moments;
    curve.draw({
      series: [{ name: "likeness", points: moments.map(({ like }, x) => ({ x, y: Math.max(0, like) })) }],
      range: [0, moments.length - 1],
      now: state.at,
      ticks: moments.map(({ short }, x) => ({ x, text: short })),
      label:
        `Likeness to the trained filters, from ${number(first.like, 3)} (${first.name}) to 1. ` +
        `Now ${moment.name}: ${number(moment.like, 3)}.`,
    });
  }

  function drawNumbers() {
    if (numbers.open) fill(body, filterNumbers(state.filter, shown.moments[state.at], shown.moments.at(-1)));
  }

  function pause() {
    clearInterval(state.playing);
    state.playing = null;
    play.textContent = "▶ Play";
  }

  function forward() {
    go(state.at + 1);
    if (state.at === shown.moments.length - 1) pause();
  }

  function toggle() {
    if (state.playing) return pause();
    if (state.at === shown.moments.length - 1) go(0);
    else forward();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      state.playing = setInterval(forward, STEP_MS);
      play.textContent = "❚❚ Pause";
    }
    return say(shown.moments[state.at].name);
  }

  const options = kept.map(({ name, shape }) => h("option", { value: name }, `${name} (${shape.at(-1)} filters)`));
  const select = h("select", { id: "learning-layer", onchange: reopen }, options);
  const slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "How far training is" });
  slider.addEventListener("input", () => go(Number(slider.value)));
  const play = h("button", { type: "button", class: "quiet", onclick: toggle }, "▶ Play");
  const when = h("output", { class: "experiment-position" });
  const said = h("p", { class: "muted" });
  const wall = makeWall((filter) => drawSoon(Object.assign(state, { filter })));
  const film = h("div", { class: "learning-film" });
  const scale = h("input", { type: "checkbox", role: "switch" });
  scale.addEventListener("change", () => drawSoon(Object.assign(state, { own: scale.checked })));
  const curve = makeCurve((x) => go(Math.round(x)));
  const body = h("div", { class: "scrolls" });
  const numbers = h("details", { ontoggle: drawNumbers }, h("summary", {}, "The weights of the chosen filter"), body);

  root.append(
    h(
      "div",
      { class: "row learning-set" },
      h("label", { for: "learning-layer" }, "Layer"),
      select,
      h("label", { class: "row" }, scale, "Each moment on a scale of its own"),
    ),
    h("div", { class: "learning-time" }, play, slider, when),
    said,
    wall.element,
    h("h3", {}, "The chosen filter through training"),
    film,
    h("h3", {}, "How like the trained filters?"),
    h("p", { class: "muted small" }, COSINE),
    curve.element,
    numbers,
  );
  await open(kept[0]);
  return () => {
    state.turn++;
    pause();
    curve.stop();
  };
}
