/** The pictures and filters to begin with. @typedef {import("./toy_arithmetic.js").Grid} Grid */
import { gridOf } from "./toy_arithmetic.js";

const five = (...cells) => gridOf(5, 5, cells);
const three = (...cells) => gridOf(3, 3, cells);
const ninth = 1 / 9;

/** @type {{name: string, grid: Grid}[]} */
export const PICTURES = [
  { name: "Cat", grid: five(
    2, 0, 0, 0, 2,
    2, 2, 2, 2, 2,
    2, 0, 2, 0, 2,
    2, 2, 1, 2, 2,
    0, 2, 2, 2, 0) },
  { name: "Line", grid: five(
    0, 0, 1, 0, 0,
    0, 0, 1, 0, 0,
    0, 0, 1, 0, 0,
    0, 0, 1, 0, 0,
    0, 0, 1, 0, 0) },
  { name: "Edge", grid: five(
    0, 0, 0, 2, 2,
    0, 0, 0, 2, 2,
    0, 0, 0, 2, 2,
    0, 0, 0, 2, 2,
    0, 0, 0, 2, 2) },
  { name: "Slope", grid: five(
    1, 0, 0, 0, 0,
    0, 1, 0, 0, 0,
    0, 0, 1, 0, 0,
    0, 0, 0, 1, 0,
    0, 0, 0, 0, 1) },
  { name: "Blob", grid: five(
    0, 0, 0, 0, 0,
    0, 1, 1, 0, 0,
    0, 1, 1, 1, 0,
    0, 0, 1, 1, 0,
    0, 0, 0, 0, 0) },
  { name: "Dot", grid: five(
    0, 0, 0, 0, 0,
    0, 0, 0, 0, 0,
    0, 0, 3, 0, 0,
    0, 0, 0, 0, 0,
    0, 0, 0, 0, 0) },
];

/** `says` is what the filter is good for, in words. @type {{name: string, grid: Grid, says: string}[]} */
export const FILTERS = [
  { name: "Upright edge", grid: three(-1, 0, 1, -1, 0, 1, -1, 0, 1),
    says: "It takes the left from the right: large where small numbers lie left of large ones." },
  { name: "Flat edge", grid: three(-1, -1, -1, 0, 0, 0, 1, 1, 1),
    says: "It takes the upper from the lower: large where large numbers lie under small ones." },
  { name: "Outline", grid: three(-1, -1, -1, -1, 8, -1, -1, -1, -1),
    says: "It compares a cell with its eight neighbours: 0 where all are alike." },
  { name: "Slope", grid: three(1, 0, 0, 0, 1, 0, 0, 0, 1),
    says: "It is itself a small picture, and looks for it: largest where the picture slopes down the same way." },
  { name: "Sharpen", grid: three(0, -1, 0, -1, 5, -1, 0, -1, 0),
    says: "It makes a cell stand out from its neighbours." },
  { name: "Blur", grid: three(ninth, ninth, ninth, ninth, ninth, ninth, ninth, ninth, ninth),
    says: "It takes the mean of nine cells: everything gets softer." },
  { name: "Copy", grid: three(0, 0, 0, 0, 1, 0, 0, 0, 0),
    says: "It looks at the middle alone, and changes nothing." },
];

/**
 * A filter as a network starts with it: by chance.
 * @param {() => number} [chance] from 0 to 1
 * @returns {Grid}
 */
export function randomFilter(chance = Math.random) {
  return three(...Array.from({ length: 9 }, () => Math.floor(chance() * 5) - 2 + 0));
}
