/** Curves of several names over one slider: each with a colour, a shape and a dash of its own, and its name beside it. */
import { fill, h } from "./dom.js";

const SHAPES = [
  (x, y, r) => ({ name: "svg:circle", cx: x, cy: y, r }),
  (x, y, r) => path(`M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`),
  (x, y, r) => path(`M${x} ${y - 1.3 * r}L${x + 1.2 * r} ${y + r}H${x - 1.2 * r}z`),
  (x, y, r) => path(`M${x} ${y - 1.4 * r}L${x + 1.4 * r} ${y}L${x} ${y + 1.4 * r}L${x - 1.4 * r} ${y}z`),
];
const DASHES = [null, "7 4", "2 3", "9 3 2 3"];
const MARGIN = { top: 12, right: 16, bottom: 30, left: 46 };
const COLOURS = 6; // of experiments.css
const APART = 15; // pixels between two names
const LETTER = 6.6; // pixels, about

const path = (d) => ({ name: "svg:path", d });
const round = (value) => Math.round(value * 10) / 10;

/**
 * A series' sign, for a list beside the curve.
 * @param {number} series
 */
export function sign(series) {
  return h(
    "svg:svg",
    { viewBox: "0 0 14 14", class: `plot-sign hue-${series % COLOURS}`, "aria-hidden": "true" },
    mark(series, 7, 7, 4.5),
  );
}

function mark(series, x, y, r, more = {}) {
  const { name, ...shape } = SHAPES[series % SHAPES.length](round(x), round(y), r);
  return h(name, { ...shape, ...more });
}

/**
 * @typedef {object} Drawn
 * @property {{name: string, points: {x: number, y: number}[]}[]} series y from 0 to 1; points in order
 * @property {[number, number]} range of x
 * @property {number} now where the slider stands
 * @property {number} [rest] the x that is marked, and `restName` what it is called
 * @property {string} [restName]
 * @property {{x: number, text: string}[]} ticks
 * @property {string} label the whole curve in a sentence
 *
 * @param {(x: number) => void} onPick a click on the curve
 */
export function makeCurve(onPick) {
  const element = h("div", { class: "plot" });
  let [drawn, across] = [null, null];
  const watch = new ResizeObserver(() => drawn && paint());
  watch.observe(element);
  element.addEventListener("click", (event) => {
    if (!across) return;
    const { left } = element.getBoundingClientRect();
    onPick(across(event.clientX - left));
  });

  function paint() {
    const {
      series,
      range: [low, high],
      now,
      rest,
      restName,
      ticks,
      label,
    } = drawn;
    const [width, height] = [Math.max(240, element.clientWidth), 260];
    const names = Math.min(110, 12 + 8 * Math.max(...series.map(({ name }) => name.length)));
    const inner = { width: width - MARGIN.left - MARGIN.right - names, height: height - MARGIN.top - MARGIN.bottom };
    const x = (value) => MARGIN.left + ((value - low) / (high - low || 1)) * inner.width;
    const y = (value) => MARGIN.top + (1 - value) * inner.height;
    across = (pixel) => Math.max(low, Math.min(high, low + ((pixel - MARGIN.left) / inner.width) * (high - low)));
    const line = (x1, y1, x2, y2, name) =>
      h("svg:line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), class: name });
    const text = (at, down, anchor, words, name) =>
      h("svg:text", { x: round(at), y: round(down), "text-anchor": anchor, class: name }, words);
    const parts = [
      [0, 0.5, 1].map((value) => [
        line(MARGIN.left, y(value), MARGIN.left + inner.width, y(value), "plot-grid"),
        text(MARGIN.left - 6, y(value) + 4, "end", `${100 * value} %`, "plot-tick"),
      ]),
      rest === undefined
        ? null
        : [
            line(x(rest), MARGIN.top, x(rest), y(0), "plot-rest"),
            text(
              x(rest) + (x(rest) > MARGIN.left + inner.width / 2 ? -4 : 4),
              y(0.5) - 5,
              x(rest) > MARGIN.left + inner.width / 2 ? "end" : "start",
              restName,
              "plot-tick",
            ),
          ],
      line(x(now), MARGIN.top - 4, x(now), y(0) + 4, "plot-now"),
      apartly(
        ticks.map(({ x: at, text: words }) => ({ at: x(at), words })),
        width - names,
      ).map(({ at, words }) => text(at, height - 10, "middle", words, "plot-tick")),
      series.map(({ points }, index) =>
        points.length === 0
          ? null
          : h(
              "svg:g",
              { class: `hue-${index % COLOURS}` },
              h("svg:polyline", {
                points: points.map((point) => `${round(x(point.x))},${round(y(point.y))}`).join(" "),
                "stroke-dasharray": DASHES[index % DASHES.length],
              }),
              points.map((point) =>
                mark(index, x(point.x), y(point.y), point.x === now ? 5.5 : 3.2, {
                  class: point.x === rest ? "hollow" : null,
                }),
              ),
            ),
      ),
      labels(series, x, y).map(({ series: index, at, down, name }) =>
        text(at, down, "start", name, `plot-name hue-${index % COLOURS}`),
      ),
    ];
    fill(
      element,
      h("svg:svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, parts),
    );
  }

  /** Names beside the last points, none on another. */
  function labels(series, x, y) {
    const end = MARGIN.left + (x(drawn.range[1]) - MARGIN.left) + 10;
    const found = series.flatMap(({ name, points }, index) =>
      points.length ? [{ series: index, name, at: end, down: y(points.at(-1).y) + 4 }] : [],
    );
    found.sort((one, other) => one.down - other.down);
    found.forEach((label, i) => (label.down = Math.max(label.down, i ? found[i - 1].down + APART : 0)));
    let lowest = y(0) + 6;
    for (const label of found.toReversed()) {
      label.down = Math.min(label.down, lowest);
      lowest = label.down - APART;
    }
    return found;
  }

  return {
    element,
    /** @param {Drawn} what */
    draw(what) {
      drawn = what;
      paint();
    },
    stop: () => watch.disconnect(),
  };
}

/** Those of the words that do not run into the one before; none reaches over the edge. */
function apartly(found, width) {
  let end = -Infinity;
  return found.flatMap(({ at, words }) => {
    const half = (words.length * LETTER) / 2;
    const middle = Math.max(half + 2, Math.min(width - half, at));
    if (middle - half < end + 6) return [];
    end = middle + half;
    return [{ at: middle, words }];
  });
}
