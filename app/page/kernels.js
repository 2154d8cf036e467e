/** The weights of a layer, drawn slice by slice: each filter has one slice for each map it looks at. */

import { floats, url } from "./api.js";
import { named, placer } from "./colours.js";
import { h } from "./dom.js";
import { exactly } from "./networks.js";
import { plural } from "./words.js";

const LARGEST = 1 << 22; // weights that are fetched for the sake of a picture

/**
 * The kernels of a convolution; null for other layers.
 * @param {any} layer of GET /layers
 * @param {any} network that it is a layer of
 * @returns {Promise<{data: Float32Array, rows: number, columns: number, inputs: number, filters: number, reach: number}|null>}
 */
export async function fetchKernels(layer, network) {
  const shape = layer.weights?.kernel;
  if (!shape || shape.length !== 4 || shape.reduce((one, other) => one * other) > LARGEST) return null;
  const { data } = await floats(kernelsPath(layer, network, { format: "f32" }));
  const [rows, columns, inputs, filters] = shape;
  let reach = 0;
  for (const weight of data) if (Math.abs(weight) > reach) reach = Math.abs(weight);
  return { data, rows, columns, inputs, filters, reach };
}

/** Where a layer's kernels are: those of this very network. */
export function kernelsPath(layer, network, query) {
  return url(`/layers/${encodeURIComponent(layer.name)}/kernels`, { ...exactly(network), ...query });
}

/** The weight of a filter for one cell of one of its inputs. */
export function weight({ data, columns, inputs, filters }, row, column, input, filter) {
  return data[((row * columns + column) * inputs + input) * filters + filter];
}

/** A filter's slices, those with the largest weights first; of equals the lower number. */
export function strongest(kernels, filter) {
  const { rows, columns, inputs } = kernels;
  const sums = Array.from({ length: inputs }, (_, input) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) sum += Math.abs(weight(kernels, row, column, input, filter));
    }
    return sum;
  });
  return [...sums.keys()].sort((one, other) => sums[other] - sums[one] || one - other);
}

/**
 * Draws some slices of a filter: all if they are no more than `most`, in their order; else the strongest.
 * @param {any} kernels
 * @param {number} filter
 * @param {number} most
 */
export function drawKernel(kernels, filter, most) {
  const { inputs } = kernels;
  const all = inputs <= most;
  const shown = all ? [...Array(inputs).keys()] : strongest(kernels, filter).slice(0, most);
  const which = all ? "all its slices" : `the ${plural(shown.length, "slice")} of ${inputs} with the largest weights`;
  return h(
    "span",
    { class: "kernel", title: `Filter ${filter}: ${which}, on one scale for the layer` },
    shown.map((input) => slice(kernels, input, filter)),
  );
}

/** One slice as a picture, a pixel a weight. */
export function slice(kernels, input, filter) {
  const { rows, columns, reach } = kernels;
  const table = named("RdBu_r");
  const place = placer([-reach, reach], table);
  const canvas = h("canvas", { class: "pixels", width: columns, height: rows, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = place(weight(kernels, row, column, input, filter));
      const to = 4 * (row * columns + column);
      image.data.set([...table.colours.slice(3 * at, 3 * at + 3), 255], to);
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
