/** The visitor's own photo, altered: what the network answers as a slider moves. */
import { hiddenSquare } from "./altered_photo.js";
import { alterations, nearest, places, positions, spotOf } from "./alterations.js";
import { makeAnswer } from "./altered_answer.js";
import { makeWholeCurve } from "./altered_curve.js";
import { makeStage } from "./altered_stage.js";
import { curveSentence } from "./altered_words.js";
import { makeAsker } from "./asking.js";
import { fill, h, onFrame } from "./dom.js";
import { fetchMaps, inputLayer } from "./maps.js";
import { encodePng } from "./png.js";

const PAUSE_MS = 400; // some browsers refuse more than a hundred new addresses in half a minute
const FIRST_SQUARE = 40; // per cent of the side: what a first choice of a place hides

/**
 * @param {HTMLElement} root
 * @param {any} context with a photo
 * @returns {Promise<() => void>}
 */
export async function showAltering(root, context) {
  const { photo, network, api, say, query, keep } = context;
  const maps = await fetchMaps(inputLayer(network), photo.id);
  const original = { width: maps.width, height: maps.height, data: Uint8ClampedArray.from(maps.data) };
  const all = alterations(original);
  const before = scoresOf(photo.answer);
  const asker = makeAsker(async (blob, signal) => scoresOf(await api.predict(blob, { signal, keep: false })));
  const chosen = all.find(({ key }) => key === query?.get("alter")) ?? all[0];
  const state = {
    alteration: chosen,
    value: chosen.rest,
    spot: spotOf(query?.get("at")),
    waiting: null,
    keeping: null,
  };

  const keyOf = (value) => [state.alteration.key, value, ...spotText()].join(" ");
  const spotText = () => (state.alteration.key === "hide" ? [state.spot.x, state.spot.y].map((x) => x.toFixed(3)) : []);
  const known = (value) => (value === state.alteration.rest ? before : asker.known(keyOf(value)));
  const altered = (value) =>
    value === state.alteration.rest ? original : state.alteration.alter(original, value, state.spot);
  const series = () => {
    const asked = places(state.alteration).filter(known);
    return network.labels.map((name) => ({ name, points: asked.map((x) => ({ x, y: known(x)[name] })) }));
  };

  function question(value) {
    const key = keyOf(value);
    return { key, photo: () => encodePng(altered(value)), done: () => answered(key), failed };
  }

  function answered(key) {
    trouble.hidden = true;
    if (state.waiting?.delete(key) && state.waiting.size === 0) {
      state.waiting = null;
      say(curveSentence(state.alteration, series(), before));
    }
    drawSoon();
  }

  function failed(error) {
    state.waiting = null;
    fill(
      trouble,
      h("p", {}, h("strong", {}, "No answer for this position. "), error.message),
      h("button", { type: "button", onclick: () => set(state.value) }, "Try again"),
    );
    trouble.hidden = false;
    drawSoon();
  }

  function choose(alteration, value = alteration.rest) {
    forgetOthers({ alteration });
    const { least, most, step, why, name } = alteration;
    Object.assign(slider, { min: least, max: most, step });
    slider.setAttribute("aria-label", name);
    whyText.textContent = why;
    choices.forEach((box, index) => (box.checked = all[index] === alteration));
    set(value);
  }

  function set(value) {
    const { alteration } = state;
    state.value = nearest(value, alteration);
    slider.value = String(state.value);
    slider.setAttribute("aria-valuetext", alteration.words(state.value));
    clearTimeout(state.keeping);
    state.keeping = setTimeout(remember, PAUSE_MS);
    if (!known(state.value)) asker.now(question(state.value));
    drawSoon();
  }

  function move(spot) {
    forgetOthers({ spot });
    set(state.value === state.alteration.rest ? FIRST_SQUARE : state.value);
  }

  function forgetOthers(changes) {
    asker.cancel();
    Object.assign(state, changes, { waiting: null });
  }

  function remember() {
    const { alteration, value } = state;
    keep?.({ alter: alteration.key, by: value === alteration.rest ? null : value, at: spotText().join(",") });
  }

  function tryAll() {
    if (state.waiting) {
      forgetOthers({});
      say("Stopped.");
    } else {
      const questions = positions(state.alteration)
        .filter((value) => !known(value))
        .map(question);
      if (!questions.length) return;
      state.waiting = new Set(questions.map(({ key }) => key));
      asker.all(questions);
    }
    drawSoon();
  }

  const drawSoon = onFrame(() => {
    const { alteration, value, spot, waiting } = state;
    const hides = alteration.key === "hide";
    stage.draw(
      altered(value),
      hides,
      alteration.words(value),
      hides ? hiddenSquare(original, value / 100, spot) : null,
    );
    answer.draw(known(value));
    position.textContent = alteration.words(value);
    reset.setAttribute("aria-disabled", String(value === alteration.rest));
    curve.draw({ alteration, value, series: series(), known, waiting: waiting !== null });
  });

  function download() {
    const address = URL.createObjectURL(encodePng(altered(state.value)));
    h("a", { href: address, download: `${state.alteration.key}-${state.value}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  const choices = all.map((one) =>
    h("input", { type: "radio", name: "alteration", value: one.key, onchange: () => choose(one) }),
  );
  const whyText = h("p", { class: "experiment-why" });
  const stage = makeStage(original, { onMove: move, spot: () => state.spot });
  const slider = h("input", { type: "range", class: "experiment-slider", oninput: () => set(Number(slider.value)) });
  const position = h("output", { class: "experiment-position" });
  const toRest = () => set(state.alteration.rest);
  const reset = h("button", { type: "button", class: "quiet", onclick: toRest }, "Back to unaltered");
  const answer = makeAnswer(network.labels, before);
  const trouble = h("div", { class: "note bad", role: "alert", hidden: true });
  const curve = makeWholeCurve(network.labels, before, { onPick: set, onTryAll: tryAll });
  const ticks = "Ticks, and the differences in percentage points: beside the answer to the unaltered photo.";

  root.append(
    h(
      "fieldset",
      { class: "experiment-choices" },
      h("legend", {}, "What happens to the photo?"),
      all.map(({ name }, index) => h("label", {}, choices[index], h("span", {}, name))),
    ),
    whyText,
    h(
      "div",
      { class: "experiment-bench" },
      stage.element,
      h(
        "div",
        { class: "experiment-answer" },
        h("div", { class: "row experiment-setting" }, position, reset),
        slider,
        answer.element,
        h("p", { class: "muted small" }, ticks),
        trouble,
      ),
    ),
    curve.element,
    h(
      "div",
      { class: "row copy" },
      h("span", { class: "muted small" }, "Take along"),
      h("button", { type: "button", class: "quiet", onclick: download }, "Download the altered photo"),
      h("code", { class: "small" }, `curl --data-binary @altered.png ${location.origin}/predict`),
    ),
  );
  choose(chosen, query?.has("by") ? Number(query.get("by")) || 0 : chosen.rest);
  return () => {
    clearTimeout(state.keeping);
    asker.stop();
    curve.stop();
  };
}

const scoresOf = ({ predictions }) => Object.fromEntries(predictions.map(({ label, score }) => [label, score]));
