/** A grid of numbers to look at or to change: one tab stop, arrow keys, Home and End (ARIA APG, grid pattern). */
import { h } from "./dom.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MOST = 9; // what a cell can be set to, and minus that

/**
 * @typedef {object} Cell
 * @property {string} text
 * @property {number} tone from -1 to 1: how far it is from zero
 * @property {string} label for ears
 * @property {string} [marks] further classes, such as "winner" or "linked"
 * @property {boolean} [chosen]
 */

/**
 * Makes a board.
 * @param {object} options
 * @param {string} options.name what it is, for ears
 * @param {string} [options.described] id of the element that says more about the cell one is at
 * @param {(index: number) => void} options.onPoint a cell was hovered, focused or tapped
 * @param {() => void} [options.onLeave]
 * @param {(index: number, change: (value: number) => number) => void} [options.onChange] if cells can be changed
 * @param {number[]} [options.cycle] the values that a click goes through
 */
export function makeBoard({ name, described, onPoint, onLeave, onChange, cycle }) {
  let size = { rows: 0, columns: 0 };
  let at = 0; // the cell that can be tabbed to
  const cells = h("div", {
    class: "toy-cells",
    role: "grid",
    "aria-label": name,
    "aria-readonly": onChange ? null : "true",
    "aria-describedby": described,
    onkeydown: pressed,
    onclick: (event) => {
      const index = indexOf(event);
      if (index < 0) return;
      go(index);
      onChange?.(index, (value) => next(value, event.shiftKey ? -1 : 1));
    },
    onpointerover: (event) => event.pointerType !== "touch" && indexOf(event) >= 0 && onPoint(indexOf(event)),
    onfocusin: (event) => {
      moveTab(indexOf(event));
      onPoint(at);
    },
    onpointerleave: () => onLeave?.(),
    onfocusout: () => onLeave?.(),
  });

  function indexOf(event) {
    const cell = event.target.closest("[data-index]");
    return cell ? Number(cell.dataset.index) : -1;
  }

  function next(value, step) {
    const place = cycle.indexOf(value);
    return place < 0 ? cycle[0] : cycle[(place + step + cycle.length) % cycle.length];
  }

  function moveTab(index) {
    at = Math.max(0, Math.min(index, size.rows * size.columns - 1));
    cells.querySelectorAll("[data-index]").forEach((cell, i) => (cell.tabIndex = i === at ? 0 : -1));
  }

  function go(index) {
    moveTab(index);
    cells.querySelector(`[data-index="${at}"]`)?.focus({ preventScroll: false });
  }

  function pressed(event) {
    if (event.altKey || event.metaKey) return;
    const [row, column] = [Math.floor(at / size.columns), at % size.columns];
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    const { key } = event;
    if (key in MOVES) {
      go(within(row + MOVES[key][0], size.rows) * size.columns + within(column + MOVES[key][1], size.columns));
    } else if (key === "Home") go(event.ctrlKey ? 0 : row * size.columns);
    else if (key === "End") go(event.ctrlKey ? size.rows * size.columns - 1 : (row + 1) * size.columns - 1);
    else if (!changed(event)) return;
    event.preventDefault();
  }

  function changed({ key, shiftKey, ctrlKey }) {
    if (!onChange || ctrlKey) return false;
    if (key === "Enter" || key === " ") onChange(at, (value) => next(value, shiftKey ? -1 : 1));
    else if (/^\d$/.test(key)) onChange(at, () => Number(key));
    else if (key === "-") onChange(at, (value) => 0 - value);
    else if (key === "PageUp") onChange(at, (value) => Math.min(MOST, Math.floor(value) + 1));
    else if (key === "PageDown") onChange(at, (value) => Math.max(-MOST, Math.ceil(value) - 1));
    else if (key === "Delete" || key === "Backspace") onChange(at, () => 0);
    else return false;
    return true;
  }

  function rebuild(rows, columns) {
    const focused = cells.contains(document.activeElement);
    size = { rows, columns };
    cells.style.setProperty("--columns", columns);
    cells.replaceChildren(
      ...Array.from({ length: rows }, (_, row) =>
        h(
          "div",
          { role: "row", class: "toy-row" },
          Array.from({ length: columns }, (_, column) =>
            h("div", { role: "gridcell", class: "toy-cell", "data-index": row * columns + column, tabindex: -1 }),
          ),
        ),
      ),
    );
    if (focused) go(at);
    else moveTab(at);
  }

  /** @param {number} rows @param {number} columns @param {Cell[]} shown */
  function draw(rows, columns, shown) {
    if (rows !== size.rows || columns !== size.columns) rebuild(rows, columns);
    cells.querySelectorAll("[data-index]").forEach((element, index) => {
      const { text, tone, label, marks, chosen } = shown[index];
      const sign = tone < 0 ? "below" : tone > 0 ? "above" : "zero";
      set(element, "class", `toy-cell ${sign} ${marks ?? ""}${text.length > 3 ? " long" : ""}`.trim());
      set(element, "aria-label", label);
      set(element, "aria-selected", chosen === undefined ? null : String(chosen));
      const strength = Math.abs(tone).toFixed(3);
      if (element.style.getPropertyValue("--tone") !== strength) element.style.setProperty("--tone", strength);
      if (element.textContent !== text) element.textContent = text;
    });
  }

  return { element: cells, draw };
}

function set(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
