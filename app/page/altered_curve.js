/** Every label's probability along the whole slider: drawn, said, and as a table. */
import { positions } from "./alterations.js";
import { curveSentence } from "./altered_words.js";
import { makeCurve } from "./curve.js";
import { fill, h, table } from "./dom.js";

/**
 * @param {string[]} labels
 * @param {Object<string, number>} before the probabilities of the unaltered photo
 * @param {{onPick: (value: number) => void, onTryAll: () => void}} options
 */
export function makeWholeCurve(labels, before, { onPick, onTryAll }) {
  const curve = makeCurve(onPick);
  const everything = h("button", { type: "button", onclick: onTryAll });
  const progress = h("progress", { "aria-label": "Positions that were asked" });
  const [progressText, said] = [h("span", { class: "muted small" }), h("p", { class: "muted" })];
  const body = h("div", { class: "scrolls" });
  const numbers = h(
    "details",
    { ontoggle: () => shown && drawNumbers() },
    h("summary", {}, "The numbers of this curve"),
    body,
  );
  let shown = null;

  function drawNumbers() {
    const { alteration, series } = shown;
    if (!numbers.open) return;
    const rows = series[0].points.map(({ x }, at) => [
      alteration.words(x),
      ...series.map(({ points }) => points[at].y.toPrecision(6)),
    ]);
    fill(body, table(`Probabilities: ${alteration.name.toLowerCase()}`, ["Position", ...labels], rows));
  }

  function drawProgress(alteration, known, waiting) {
    const all = positions(alteration);
    const done = all.filter(known).length;
    const idle = done === all.length ? `All ${done} positions are there` : `Try all ${all.length} positions`;
    everything.textContent = waiting ? "Stop" : idle;
    everything.setAttribute("aria-disabled", String(!waiting && done === all.length));
    progress.max = all.length;
    progress.value = done;
    progressText.textContent = `${done} of ${all.length}`;
  }

  return {
    element: h(
      "div",
      { class: "experiment-curve" },
      h("div", { class: "row" }, h("h3", {}, "Along the whole slider"), everything, progress, progressText),
      curve.element,
      said,
      numbers,
    ),
    /**
     * @param {object} what
     * @param {import("./alterations.js").Alteration} what.alteration
     * @param {number} what.value where the slider stands
     * @param {{name: string, points: {x: number, y: number}[]}[]} what.series all that is known
     * @param {(value: number) => any} what.known the answer for a position
     * @param {boolean} what.waiting whether positions are being asked
     */
    draw(what) {
      shown = what;
      const { alteration, value, series, known, waiting } = what;
      const { least, most, rest, words } = alteration;
      const sentence = curveSentence(alteration, series, before);
      const ends = [...new Set([least, rest, most])].sort((one, other) => one - other);
      curve.draw({
        series,
        range: [least, most],
        now: value,
        rest,
        restName: "unaltered",
        label: sentence,
        ticks: ends.map((x) => ({ x, text: words(x) })),
      });
      drawProgress(alteration, known, waiting);
      said.textContent = sentence;
      drawNumbers();
    },
    stop: curve.stop,
  };
}
