/** What a label, or all of them, become along the whole slider: drawn, said, and as a table. */
import { positions } from "./alterations.js";
import { makeCurve } from "./curve.js";
import { fill, h, table } from "./dom.js";

export const MOVED = "*"; // in the address, instead of a label: how far each network moved

/**
 * @param {object} options
 * @param {(value: number) => void} options.onPick
 * @param {() => void} options.onTryAll
 * @param {(of: string) => void} options.onShow which label is to be compared
 */
export function makeWholeCurve({ onPick, onTryAll, onShow }) {
  const curve = makeCurve(onPick);
  const everything = h("button", { type: "button", onclick: onTryAll });
  const progress = h("progress", { "aria-label": "Positions that were asked" });
  const [progressText, said] = [h("span", { class: "muted small" }), h("p", { class: "muted" })];
  const choice = h("select", { id: "curve-of", onchange: () => onShow(choice.value) });
  const of = h("label", { class: "row", for: "curve-of", hidden: true }, "Shown of each network", choice);
  const body = h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "The numbers of this curve" });
  const numbers = h(
    "details",
    { ontoggle: () => shown && drawNumbers() },
    h("summary", {}, "The numbers of this curve"),
    body,
  );
  let shown = null;

  function drawNumbers() {
    const { alteration, rows, heads } = shown;
    if (!numbers.open) return;
    const caption = `Probabilities: ${alteration.name.toLowerCase()}`;
    const written = (value) => (value === undefined ? "–" : value.toPrecision(6));
    fill(body, table(caption, ["Position", ...heads], rows.map(([x, ...values]) => [alteration.words(x), ...values.map(written)])));
  }

  function drawProgress({ alteration, done, asked, waiting }) {
    const all = positions(alteration).length;
    const idle = done === asked ? `All ${all} positions are there` : `Try all ${all} positions`;
    everything.textContent = waiting ? "Stop" : idle;
    everything.setAttribute("aria-disabled", String(!waiting && done === asked));
    progress.max = asked;
    progress.value = done;
    progressText.textContent = `${done} of ${asked}${asked > all ? " answers" : ""}`;
  }

  return {
    element: h(
      "div",
      { class: "experiment-curve" },
      h("div", { class: "row" }, h("h3", {}, "Along the whole slider"), everything, progress, progressText),
      of,
      curve.element,
      said,
      numbers,
    ),
    /**
     * Offers labels to compare two networks by; none where one network's are all shown.
     * @param {string[]} labels
     * @param {string} chosen
     */
    offer(labels, chosen) {
      of.hidden = !labels.length;
      const option = (value, words) => h("option", { value, selected: value === chosen }, words);
      fill(choice, labels.map((label) => option(label, `the probability of ${label}`)), option(MOVED, "how far its answer moved"));
    },
    /**
     * @param {object} what
     * @param {import("./alterations.js").Alteration} what.alteration
     * @param {number} what.value where the slider stands
     * @param {{name: string, points: {x: number, y: number}[]}[]} what.series
     * @param {string[]} what.heads of the table, and its rows: a position, then a number for each head
     * @param {Array<Array<number|undefined>>} what.rows
     * @param {string} what.sentence
     * @param {number} what.done how many answers there are, of so many asked
     * @param {number} what.asked
     * @param {boolean} what.waiting whether positions are being asked
     */
    draw(what) {
      shown = what;
      const { alteration, value, series, sentence } = what;
      const { least, most, rest, words } = alteration;
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
      drawProgress(what);
      said.textContent = sentence;
      drawNumbers();
    },
    stop: curve.stop,
  };
}
