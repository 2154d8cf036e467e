/** Numbers to colours, by the same tables and rules as the server's PNGs (app/pictures/colours.py, scaling.py). */

import { json } from "./api.js";

let palettes = null;

/** Fetches the tables; to be awaited once before anything is coloured. */
export async function loadColours() {
  palettes ??= await json("/page/colormaps.json");
  return palettes;
}

/**
 * The table that suits a layer.
 * @param {{kind: string, signed: boolean}} layer
 * @returns {{name: string, diverging: boolean, sign: string, colours: number[]}}
 */
export function tableOf(layer) {
  const { defaults } = palettes;
  return named(layer.kind === "input" ? defaults.input : layer.signed ? defaults.signed : defaults.unsigned);
}

/** A table by its name, such as `RdBu_r`. */
export function named(name) {
  return { name, ...palettes.tables[name] };
}

/**
 * The range that a table is spread over, with zero in its own colour.
 * @param {number} low least value
 * @param {number} high greatest value
 * @param {boolean} diverging
 * @returns {[number, number]}
 */
export function aroundZero(low, high, diverging) {
  if (!diverging) return [Math.min(low, 0), Math.max(high, 0)];
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

/**
 * Makes a function from a number to its place in the table, 0 to `levels` - 1; -1 for what is no number.
 * @param {[number, number]} limits
 * @param {{diverging: boolean, colours: number[]}} table
 */
export function placer([low, high], table) {
  const levels = table.colours.length / 3;
  if (table.diverging) [low, high] = aroundZero(low, high, true);
  if (table.diverging && high === 0) [low, high] = [-1, 1];
  const span = high > low ? high - low : 1;
  return (value) => {
    if (!Number.isFinite(value)) return -1;
    const inside = value < low ? low : value > high ? high : value;
    return Math.round(((inside - low) / span) * (levels - 1));
  };
}

/** The colour of a place in a table, as CSS has it. */
export function css(table, at) {
  const [red, green, blue] = at < 0 ? palettes.not_finite : table.colours.slice(3 * at, 3 * at + 3);
  return `rgb(${red} ${green} ${blue})`;
}

/** Black or white, whichever is read better on a colour of a table (contrast as WCAG 2 has it). */
export function inkOn(table, at) {
  const colour = at < 0 ? palettes.not_finite : table.colours.slice(3 * at, 3 * at + 3);
  const [red, green, blue] = colour.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (light + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}

/** Red, green and blue of what is no number. */
export function notFinite() {
  return palettes.not_finite;
}
