/** The five boards: picture, filter, sums, after ReLU, after pooling, and what of them belongs together. */
import { h } from "./dom.js";
import { places, usesOf, windowAt } from "./toy_arithmetic.js";
import { makeBoard } from "./toy_board.js";
import { numeral, sizeOf } from "./toy_words.js";

/**
 * @param {object} options
 * @param {any} options.toy its state; only read
 * @param {(which: string) => (index: number, change: (value: number) => number) => void} options.edit
 * @param {(changes: object) => void} options.point
 */
export function makeBoards({ toy, edit, point }) {
  const toAnswer = (at) => point({ at, linked: null });
  const unlink = () => point({ linked: null, cell: null });
  const ring = h("div", { class: "toy-ring", "aria-hidden": "true" }, ringCells());
  const [seen, pooled] = [frame(), frame()];
  const picture = stage(
    "picture",
    "Picture",
    makeBoard({
      name: "Picture: 5 by 5 numbers that you can change",
      cycle: [0, 1, 2, 3],
      onChange: edit("picture"),
      onPoint: (cell) => point({ cell, linked: linkOf(cell) }),
      onLeave: unlink,
    }),
    ring,
    seen,
  );
  const filter = stage(
    "filter",
    "Filter",
    makeBoard({
      name: "Filter: 3 by 3 weights that you can change",
      cycle: [0, 1, 2, -2, -1],
      onChange: edit("filter"),
      onPoint: (linked) => point({ linked }),
      onLeave: unlink,
    }),
  );
  const sums = stage(
    "sums",
    "Answer",
    makeBoard({ name: "Answer: sums of products", described: "toy-story", onPoint: toAnswer }),
  );
  const relu = stage(
    "relu",
    "After ReLU",
    makeBoard({ name: "After ReLU", described: "toy-story", onPoint: toAnswer }),
    pooled,
  );
  const pool = stage(
    "pool",
    "After pooling",
    makeBoard({
      name: "After pooling",
      described: "toy-story",
      onPoint: (index) => toAnswer(windows?.[index]?.winners[0] ?? 0),
    }),
  );
  let windows = null;
  const element = h(
    "div",
    { class: "card toy-lab" },
    h(
      "div",
      { class: "toy-line" },
      picture.element,
      operator("∗"),
      filter.element,
      operator("="),
      sums.element,
      operator("→"),
      relu.element,
      operator("→"),
      pool.element,
    ),
  );

  /** Which of the nine products a cell of the picture is in, for the chosen answer. */
  function linkOf(cell) {
    const columns = places(5, 3, toy.steps);
    const first = windowAt(Math.floor(toy.at / columns), toy.at % columns, toy.steps);
    const [row, column] = [Math.floor(cell / 5) - first.row, (cell % 5) - first.column];
    return row >= 0 && row < 3 && column >= 0 && column < 3 ? row * 3 + column : null;
  }

  function draw({ results, at, terms, first }) {
    windows = results.windows;
    const linkedTerm = toy.linked === null ? null : terms[toy.linked];
    const known = (index) => toy.walked === null || index <= toy.walked;
    const most = largest(results.sums);
    const window = windows?.find(({ cells }) => cells.includes(at.index));
    picture.draw(toy.picture, (value, index, row, column) => ({
      ...number(value, largest(toy.picture), row, column),
      marks: terms.some((term) => term.inside && term.row === row && term.column === column)
        ? linkedTerm?.row === row && linkedTerm?.column === column
          ? "toy-seen linked"
          : "toy-seen"
        : "",
    }));
    filter.draw(toy.filter, (value, index, row, column) => ({
      ...number(value, largest(toy.filter), row, column),
      marks: toy.linked === index ? "linked" : "",
    }));
    const uses = toy.cell === null ? [] : usesOf(toy.cell, toy.picture, toy.filter, toy.steps);
    const shownAt = (index, value, row, column) =>
      known(index) ? number(value, most, row, column) : unknown(row, column);
    sums.draw(results.sums, (value, index, row, column) => ({
      ...shownAt(index, value, row, column),
      chosen: index === at.index,
      marks: marks({ chosen: index === at.index, "toy-uses": uses.includes(index), unknown: !known(index) }),
    }));
    relu.draw(results.passed, (value, index, row, column) => {
      const was = results.sums.cells[index];
      const cleared = toy.relu && was < 0 && known(index);
      const winner = window?.winners.includes(index) && known(Math.max(...window.cells));
      const leftOut = windows && !windows.some(({ cells }) => cells.includes(index));
      const shown = shownAt(index, value, row, column);
      const more = `${cleared ? `, was ${numeral(was)}` : ""}${winner ? ", the largest of its window" : ""}`;
      return {
        ...shown,
        label: shown.label + more,
        chosen: index === at.index,
        marks: marks({ chosen: index === at.index, unknown: !known(index), cleared, winner, "left-out": leftOut }),
      };
    });
    pool.element.classList.toggle("off", !results.pooled);
    relu.element.classList.toggle("off", !toy.relu);
    pool.draw(results.pooled ?? { rows: 0, columns: 0, cells: [] }, (value, index, row, column) => {
      const ready = known(Math.max(...windows[index].cells));
      const chosen = windows[index] === window;
      return {
        ...(ready ? number(value, most, row, column) : unknown(row, column)),
        chosen,
        marks: marks({ chosen, unknown: !ready }),
      };
    });
    picture.element.classList.toggle("padded", toy.steps.padding > 0);
    moveFrame(seen, first.row, first.column, 3, 3);
    pooled.hidden = !window;
    if (window) {
      const { columns } = results.passed;
      const [start, end] = [window.cells[0], window.cells.at(-1)];
      const [top, left] = [Math.floor(start / columns), start % columns];
      moveFrame(pooled, top, left, Math.floor(end / columns) - top + 1, (end % columns) - left + 1);
    }
  }

  return { element, draw, picture, filter, sums, relu, pool };
}

function stage(kind, title, board, ...layers) {
  const size = h("span", { class: "muted" });
  const foot = h("div", { class: "toy-foot" });
  const element = h(
    "div",
    { class: `toy-stage toy-${kind}`, role: "group", "aria-label": title },
    h("h2", {}, title, " ", size),
    h("div", { class: "toy-place" }, h("div", { class: "toy-board" }, layers[0], board.element, layers.slice(1))),
    foot,
  );
  return {
    element,
    foot,
    draw(grid, cellOf) {
      size.textContent = grid.rows ? sizeOf(grid) : "off";
      board.draw(
        grid.rows,
        grid.columns,
        grid.cells.map((value, index) => cellOf(value, index, Math.floor(index / grid.columns), index % grid.columns)),
      );
    },
  };
}

const marks = (which) => Object.keys(which).filter((name) => which[name]).join(" ");
const operator = (sign) => h("span", { class: "toy-operator", "aria-hidden": "true" }, sign);
const frame = () => h("div", { class: "toy-frame", "aria-hidden": "true" });
const largest = ({ cells }) => Math.max(1e-9, ...cells.map(Math.abs));
const unknown = (row, column) => ({ text: "", tone: 0, label: `row ${row + 1}, column ${column + 1}: not yet` });
const number = (value, most, row, column) => ({
  text: numeral(value),
  tone: value / most,
  label: `row ${row + 1}, column ${column + 1}: ${numeral(value)}`,
});

function ringCells() {
  return Array.from({ length: 49 }, (_, index) => [Math.floor(index / 7), index % 7])
    .filter(([row, column]) => row % 6 === 0 || column % 6 === 0)
    .map(([row, column]) => `${row + 1} / ${column + 1}`)
    .map((area) => h("span", { class: "toy-cell zero", style: { "grid-area": area } }, "0"));
}

function moveFrame(element, top, left, height, width) {
  for (const [name, value] of Object.entries({ "--top": top, "--left": left, "--height": height, "--width": width })) {
    element.style.setProperty(name, value);
  }
}
