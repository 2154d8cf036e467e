/** The toy: a picture of 5 x 5 numbers, one filter, and everything that becomes of them. */
import { fill, h, onFrame } from "./dom.js";
import { convolve, maxPool, relu, termsAt, windowAt } from "./toy_arithmetic.js";
import { makeBoards } from "./toy_boards.js";
import { button } from "./toy_controls.js";
import { legend, makeTasks } from "./toy_guide.js";
import { FILTERS, PICTURES } from "./toy_pictures.js";
import { makeReceipt } from "./toy_receipt.js";
import { makeSettings } from "./toy_settings.js";
import { makeWalk } from "./toy_walk.js";
import { sizeOf } from "./toy_words.js";
import { count } from "./words.js";

/**
 * Shows the toy; it needs no photo.
 * @param {HTMLElement} root an empty section
 * @param {{say: (text: string) => void, network: any}} context
 * @returns {Promise<() => void>} stops what moves
 */
export async function show(root, { say, network }) {
  const toy = {
    picture: PICTURES[0].grid,
    filter: FILTERS[0].grid,
    bias: 0,
    steps: { stride: 1, padding: 0 },
    relu: false,
    pooling: "edges", // or "whole", or "off"
    pushes: 0,
    touched: false,
    at: 0, // the cell of the answer that is explained
    linked: null, // the product that is pointed at, of nine
    cell: null, // the picture's cell that is pointed at
    walked: null, // where the filter stands on its walk; null: everything is shown
  };

  /** All that follows from the picture, the filter and the switches. */
  function computed() {
    const sums = convolve(toy.picture, toy.filter, toy.bias, toy.steps);
    const passed = toy.relu ? relu(sums) : sums;
    if (toy.pooling === "off") return { sums, passed, pooled: null, windows: null };
    const { grid: pooled, windows } = maxPool(passed, toy.pooling === "edges");
    return { sums, passed, pooled, windows };
  }

  function draw() {
    const results = computed();
    const { cells, columns } = results.sums;
    toy.at = Math.min(toy.at, cells.length - 1);
    const at = { index: toy.at, row: Math.floor(toy.at / columns), column: toy.at % columns };
    const terms = termsAt(toy.picture, toy.filter, toy.steps, at.row, at.column);
    const shown = { toy, results, at, terms, first: windowAt(at.row, at.column, toy.steps) };
    boards.draw(shown);
    receipt.draw(shown);
    settings.draw();
    const words =
      `${count(cells.length * toy.filter.cells.length)} multiplications for this answer. ` +
      `The network behind this page does ${count(network.multiply_adds)} of them for a photo.`;
    if (work.textContent !== words) work.textContent = words;
    if (toy.touched) tasks.judge(toy, results);
  }
  const drawSoon = onFrame(draw);

  /** Something was set: the walk is over, everything is shown. */
  function set(changes, words) {
    walk.end();
    const before = sizeOf(computed().sums);
    Object.assign(toy, changes, { walked: null, touched: true });
    const after = sizeOf(computed().sums);
    const size = before === after ? "" : `The answer is now ${after}.`;
    if (words || size) say([words, size].filter(Boolean).join(" "));
    draw();
  }

  function edit(which) {
    return (index, changed) => {
      const cells = [...toy[which].cells];
      cells[index] = changed(cells[index]);
      set({ [which]: { ...toy[which], cells } });
    };
  }

  function point(changes) {
    if (!walk.playing()) drawSoon(Object.assign(toy, changes));
  }

  const walk = makeWalk({
    count: () => computed().sums.cells.length,
    onPlace: (walked) => {
      Object.assign(toy, { walked, linked: null, cell: null, touched: true }, walked === null ? {} : { at: walked });
      drawSoon();
    },
    onPlaying: (playing) => (play.textContent = playing ? "❚❚ Pause" : start),
  });
  const start = walk.calm() ? "▶ One step" : "▶ Play";
  const play = button(start, () => walk.play(), { class: "button toy-play" });
  const work = h("p", { class: "toy-work muted" });
  const boards = makeBoards({ toy, edit, point });
  const receipt = makeReceipt((linked) => point({ linked }));
  const settings = makeSettings(toy, boards, set);
  const tasks = makeTasks(say);

  boards.element.append(
    h(
      "div",
      { class: "toy-walk", role: "group", "aria-label": "Walk the filter over the picture" },
      play,
      button("◀ Back", () => walk.back()),
      button("Next ▶", () => walk.forward()),
      h("p", { class: "muted" }, "Or point at a number, and see where it comes from."),
    ),
    work,
  );
  const lead = h(
    "p",
    { class: "lead" },
    "A convolutional network is made of millions of sums like this one. A filter of nine numbers lies on nine numbers ",
    "of the picture; each pair is multiplied, all are added up, and the sum is one cell of the answer. Then the filter ",
    "moves on. Change anything.",
  );
  fill(
    root,
    h(
      "div",
      { class: "toy" },
      h("h1", { tabindex: -1 }, "Play with one filter"),
      lead,
      settings.element,
      boards.element,
      receipt.element,
      h("div", { class: "toy-below" }, tasks.element, legend()),
    ),
  );
  draw();
  return () => walk.end();
}
