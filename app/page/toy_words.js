/** The toy's numbers as text, and what happens to one of them as sentences. */
import { clean } from "./toy_arithmetic.js";

/**
 * A number as it is written in a cell: at most two decimals, a real minus sign, and a ninth as a fraction.
 * @param {number} value @returns {string}
 */
export function numeral(value) {
  const ninths = clean(value * 9);
  const fraction = Number.isInteger(ninths) && ninths % 9 !== 0 && Math.abs(ninths) < 9;
  const text = fraction ? `${Math.abs(ninths)}/9` : String(Math.round(Math.abs(value) * 100) / 100);
  return value < 0 && text !== "0" ? `−${text}` : text;
}

/** Whether a number in a cell is rounded. @param {number} value @returns {boolean} */
export function rounded(value) {
  return !Number.isInteger(clean(value * 100)) && !Number.isInteger(clean(value * 9));
}

/** 2 x 3 and the like, for eyes and for ears. @param {{rows: number, columns: number}} grid @returns {string} */
export function sizeOf({ rows, columns }) {
  return `${rows} × ${columns}`;
}

/**
 * The whole sum in one line, such as “1 × −1 + 2 × 1 = 1”; products with a 0 are left out, for they add nothing.
 * @param {import("./toy_arithmetic.js").Term[]} terms @param {number} bias @param {number} sum @returns {string}
 */
export function arithmetic(terms, bias, sum) {
  const written = terms
    .filter(({ product }) => product !== 0)
    .map(({ input, weight }) => `${bracketed(input)} × ${bracketed(weight)}`);
  if (bias !== 0) written.push(bracketed(bias));
  return `${written.join(" + ") || "nothing but zeros"} ${rounded(sum) ? "≈" : "="} ${numeral(sum)}`;
}

/**
 * Where the filter lies, in words.
 * @param {{row: number, column: number}} at the output cell
 * @param {import("./toy_arithmetic.js").Term[]} terms @returns {string}
 */
export function place(at, terms) {
  const [first, last] = [terms[0], terms.at(-1)];
  const outside = terms.filter(({ inside }) => !inside).length;
  const lies =
    `rows ${Math.max(0, first.row) + 1} to ${Math.min(4, last.row) + 1}, ` +
    `columns ${Math.max(0, first.column) + 1} to ${Math.min(4, last.column) + 1}`;
  const over = outside ? `; ${outside} of its cells lie on the padding, which counts as 0` : "";
  return `Row ${at.row + 1}, column ${at.column + 1} of the answer: the filter lies on the picture’s ${lies}${over}.`;
}

/** What ReLU makes of a sum. @param {number} sum @param {boolean} on @returns {string} */
export function reluWords(sum, on) {
  if (!on) return `ReLU is off: ${numeral(sum)} stays ${numeral(sum)}.`;
  if (sum < 0) return `ReLU: ${numeral(sum)} is below zero, so it becomes 0.`;
  return `ReLU: ${numeral(sum)} is not below zero, so it stays ${numeral(sum)}.`;
}

/**
 * What pooling makes of a cell.
 * @param {number} value
 * @param {{cells: number[], winners: number[]}|undefined} pooled its window, if it has one
 * @param {number} index of the cell
 * @param {number[]} cells all of them
 * @param {string} pooling "off", "whole" or "edges"
 * @returns {string}
 */
export function poolWords(value, pooled, index, cells, pooling) {
  if (pooling === "off") return "Pooling is off: every number stays.";
  if (!pooled) return `Pooling: ${numeral(value)} has no whole 2 × 2 window, so it is left out.`;
  const numbers = pooled.cells.map((cell) => numeral(cells[cell]));
  const largest = numeral(cells[pooled.winners[0]]);
  const window =
    numbers.length > 1 ? `of ${listed(numbers)}, ${largest} is the largest` : `${largest} is alone in its window`;
  const end = !pooled.winners.includes(index)
    ? `, so ${numeral(value)} is forgotten`
    : pooled.winners.length > 1
      ? ", and this is one of them"
      : ", and this is it";
  return `Pooling: ${window}${numbers.length > 1 ? end : ""}.`;
}

const bracketed = (value) => (value < 0 ? `(${numeral(value)})` : numeral(value));
const listed = (words) => `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
