/** The weights of one filter as a table: at one moment, and as they are now. */
import { table } from "./dom.js";
import { number } from "./words.js";

const MOST = 576; // rows

/**
 * @param {number} filter
 * @param {{name: string, kernels: {data: Float32Array, shape: number[]}}} moment
 * @param {{name: string, kernels: {data: Float32Array, shape: number[]}}} last
 * @returns {HTMLTableElement}
 */
export function filterNumbers(filter, moment, last) {
  const { data, shape } = moment.kernels;
  const filters = shape.at(-1);
  const weights = data.length / filters;
  const shown = Math.min(weights, MOST);
  const caption = `Filter ${filter}${shown < weights ? `, the first ${shown} of ${weights} weights` : ""}`;
  const rows = Array.from({ length: shown }, (_, weight) => {
    const at = weight * filters + filter;
    return [placeOf(weight, shape), number(data[at]), number(last.kernels.data[at])];
  });
  return table(caption, ["Weight", moment.name, last.name], rows);
}

function placeOf(weight, shape) {
  if (shape.length !== 4) return `input ${weight}`;
  const [, columns, inputs] = shape;
  const cell = Math.floor(weight / inputs);
  return `row ${Math.floor(cell / columns)}, column ${cell % columns}, input ${weight % inputs}`;
}
