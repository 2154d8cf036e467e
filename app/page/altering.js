/** The visitor's own photo, altered: what one network answers as a slider moves, or two side by side. */
import { makeAnswer } from "./altered_answer.js";
import { makeControls } from "./altered_controls.js";
import { makeWholeCurve, MOVED } from "./altered_curve.js";
import { linesOf } from "./altered_lines.js";
import { hiddenSquare } from "./altered_photo.js";
import { makeSide, scoresOf, UNALTERED } from "./altered_side.js";
import { makeStage } from "./altered_stage.js";
import { takeAlong } from "./altered_taken.js";
import { curveSentence } from "./altered_words.js";
import { alterations, nearest, places, positions, spotOf } from "./alterations.js";
import { besideSentence, first, movedSentence } from "./beside_words.js";
import { fill, h, onFrame } from "./dom.js";
import { isLost } from "./gone.js";
import { fetchMaps, inputLayer } from "./maps.js";
import { encodePng } from "./png.js";

const PAUSE_MS = 400; // some browsers refuse more than a hundred new addresses in half a minute
const FIRST_SQUARE = 40; // per cent of the side: what a first choice of a place hides
const TICKS = "Ticks, and the differences in percentage points: beside the answer to the unaltered photo.";

/**
 * @param {HTMLElement} root
 * @param {any} context with a photo
 * @param {(network: any) => Map<string, any>} answersOf what a network answered so far, by key
 * @param {(error: Error) => void} lost called when the other network answers no longer
 * @returns {Promise<{stop: () => void, beside: (network: any|null) => void}>} beside: takes another network in, or none
 */
export async function showAltering(root, context, answersOf, lost) {
  const { photo, network, api, say, query, keep, trouble } = context;
  const maps = await fetchMaps(inputLayer(network), photo.id);
  const original = { width: maps.width, height: maps.height, data: Uint8ClampedArray.from(maps.data) };
  const all = alterations(original);
  const chosen = all.find(({ key }) => key === query.get("alter")) ?? all[0];
  const state = { alteration: chosen, value: chosen.rest, spot: spotOf(query.get("at")), of: query.get("of"), keeping: null, busy: false };
  answersOf(network).set(UNALTERED, scoresOf(photo.answer));

  const spotText = () => (state.alteration.key === "hide" ? [state.spot.x, state.spot.y].map((x) => x.toFixed(3)) : []);
  const keyOf = (value) =>
    value === state.alteration.rest ? UNALTERED : [state.alteration.key, value, ...spotText()].join(" ");
  const altered = (value) =>
    value === state.alteration.rest ? original : state.alteration.alter(original, value, state.spot);
  const question = (value) => ({ key: keyOf(value), photo: () => encodePng(altered(value)) });

  function join(one) {
    const order = network.labels;
    const side = makeSide(one, { api, order, known: answersOf(one), changed: () => changed(side) });
    sides.push(side);
    columns.push(makeAnswer(side, sides.length - 1, () => set(state.value)));
    arrange();
    return side;
  }

  function leave() {
    columns.pop();
    sides.pop().stop();
    arrange();
  }

  function arrange() {
    fill(answers, columns.map(({ element }) => element));
    answers.classList.toggle("two", sides.length > 1);
    curve.offer(sides.length > 1 ? labels() : [], compared());
    fill(taken, takeAlong(sides, download));
  }

  function changed(side) {
    if (isLost(side.trouble ?? {})) (side === sides[0] ? trouble : lost)(side.trouble);
    if (state.busy && !sides.some(({ waiting }) => waiting)) {
      state.busy = false;
      if (!sides.some((one) => one.trouble)) say(sentence(lines()));
    }
    drawSoon();
  }

  const labels = () => [...new Set(sides.flatMap((side) => side.labels))];
  const compared = () => ([MOVED, ...labels()].includes(state.of) ? state.of : first(sides[0].at(UNALTERED)));
  const lines = () => linesOf(sides, places(state.alteration), keyOf, compared());

  function sentence({ series }) {
    const { alteration } = state;
    if (sides.length === 1) return curveSentence(alteration, series, sides[0].at(UNALTERED));
    const both = places(alteration).map(keyOf).filter((key) => key !== UNALTERED && sides.every(({ at }) => at(key)));
    return besideSentence(alteration, sides.map(({ name, at }) => ({ name, before: at(UNALTERED), answers: both.map(at) })));
  }

  function choose(alteration, value = alteration.rest) {
    cancel();
    state.alteration = alteration;
    controls.choose(alteration);
    set(value);
  }

  function set(value) {
    state.value = nearest(value, state.alteration);
    controls.slide(state.alteration, state.value);
    clearTimeout(state.keeping);
    state.keeping = setTimeout(remember, PAUSE_MS);
    for (const side of sides) side.ask([state.value, state.alteration.rest].map(question));
    drawSoon();
  }

  function move(spot) {
    cancel();
    state.spot = spot;
    set(state.value === state.alteration.rest ? FIRST_SQUARE : state.value);
  }

  function cancel() {
    state.busy = false;
    for (const side of sides) side.cancel();
  }

  function remember() {
    const { alteration, value, of } = state;
    const by = value === alteration.rest ? null : value;
    keep({ alter: alteration.key, by, at: spotText().join(","), of });
  }

  function tryAll() {
    if (state.busy) {
      cancel();
      say("Stopped.");
    } else {
      for (const side of sides) side.askAll(positions(state.alteration).map(question));
      state.busy = sides.some(({ waiting }) => waiting);
    }
    drawSoon();
  }

  const drawSoon = onFrame(() => {
    const { alteration, value, spot } = state;
    const hides = alteration.key === "hide";
    const square = hides ? hiddenSquare(original, value / 100, spot) : null;
    stage.draw(altered(value), hides, alteration.words(value), square);
    sides.forEach(({ at, trouble: failure, delay }, index) => {
      const [now, before] = [at(keyOf(value)), at(UNALTERED)];
      const words = sides.length > 1 ? movedSentence(now, before, delay) : "";
      columns[index].draw({ now, before, trouble: failure, words });
    });
    const drawn = lines();
    const keys = positions(alteration).map(keyOf);
    const done = sides.reduce((sum, { at }) => sum + keys.filter(at).length, 0);
    const progress = { done, asked: keys.length * sides.length, waiting: state.busy };
    curve.draw({ alteration, value, ...drawn, sentence: sentence(drawn), ...progress });
  });

  function download() {
    const address = URL.createObjectURL(encodePng(altered(state.value)));
    h("a", { href: address, download: `${state.alteration.key}-${state.value}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  function show(of) {
    state.of = of;
    remember();
    drawSoon();
  }

  const [sides, columns] = [[], []];
  const controls = makeControls(all, { onChoose: choose, onSlide: set, onReset: () => set(state.alteration.rest) });
  const stage = makeStage(original, { onMove: move, spot: () => state.spot });
  const [answers, taken] = [h("div", { class: "experiment-answers" }), h("div", { class: "row copy" })];
  const curve = makeWholeCurve({ onPick: set, onTryAll: tryAll, onShow: show });
  const answer = h("div", { class: "experiment-answer" }, controls.setting, answers, h("p", { class: "muted small" }, TICKS));
  root.append(...controls.choices, h("div", { class: "experiment-bench" }, stage.element, answer), curve.element, taken);
  join(network);
  choose(chosen, query.has("by") ? Number(query.get("by")) || 0 : chosen.rest);
  return {
    beside(other) {
      if (sides.length > 1) leave();
      if (other) join(other).ask([state.value, state.alteration.rest].map(question));
      drawSoon();
    },
    stop() {
      clearTimeout(state.keeping);
      for (const side of sides) side.stop();
      curve.stop();
    },
  };
}
