/** One filter as a picture: in colour where it looks at a photo's red, green and blue, else map by map. */
import { named, notFinite, placer } from "./colours.js";
import { h } from "./dom.js";

const MOST_SLICES = 9; // that are drawn of a filter, side by side

/** The largest weight, without its sign. @param {{data: Float32Array}} kernels @returns {number} */
export function reachOf({ data }) {
  let reach = 0;
  for (const weight of data) reach = Math.max(reach, Math.abs(weight));
  return reach;
}

/** The cosine of two sets of weights. @param {{data: Float32Array}} one @param {{data: Float32Array}} other @returns {number} */
export function resemblance({ data: one }, { data: other }) {
  let [both, first, second] = [0, 0, 0];
  for (let at = 0; at < one.length; at++) {
    both += one[at] * other[at];
    first += one[at] ** 2;
    second += other[at] ** 2;
  }
  return first && second ? both / Math.sqrt(first * second) : 0;
}

/** What a layer's weights lie on: height, width and channels of it, and whether those are red, green and blue. */
function grid({ weights, input, kind }, { layers, input: photo }) {
  const shape = weights.kernel;
  const before = layers.find(({ name }) => name === input);
  const isPhoto = (layer) =>
    !layer ||
    ((layer.kind === "rescaling" || layer.kind === "average_pooling") &&
      isPhoto(layers.find(({ name }) => name === layer.input)));
  if (kind === "convolution")
    return {
      rows: shape[0],
      columns: shape[1],
      inputs: shape[2],
      colour: shape[2] === photo.channels && isPhoto(before),
    };
  const maps = before?.kind === "flatten" ? layers.find(({ name }) => name === before.input) : null;
  if (maps?.shape.length === 3) {
    return {
      rows: maps.shape[0],
      columns: maps.shape[1],
      inputs: maps.shape[2],
      colour: maps.shape[2] === photo.channels && isPhoto(maps),
    };
  }
  return { rows: 1, columns: shape[0], inputs: 1, colour: false };
}

/**
 * Which maps a filter's picture shows: all, or those that it weighs most once it is trained.
 * @param {{data: Float32Array, shape: number[]}} trained @param {any} layer @param {any} network @param {number} filter
 * @returns {number[]}
 */
export function slicesOf({ data, shape }, layer, network, filter) {
  const { rows, columns, inputs } = grid(layer, network);
  const filters = shape.at(-1);
  const sums = Array.from({ length: inputs }, (_, input) => {
    let sum = 0;
    for (let cell = 0; cell < rows * columns; cell++) sum += Math.abs(data[(cell * inputs + input) * filters + filter]);
    return sum;
  });
  if (inputs <= MOST_SLICES) return [...sums.keys()];
  return [...sums.keys()].sort((one, other) => sums[other] - sums[one]).slice(0, MOST_SLICES);
}

/**
 * @param {{data: Float32Array, shape: number[]}} kernels […, inputs, filters]
 * @param {any} layer
 * @param {any} network
 * @param {number} filter
 * @param {number[]} inputsShown of `slicesOf`
 * @param {number} limit the weight that has the strongest colour
 * @returns {HTMLCanvasElement}
 */
export function kernelPicture({ data, shape }, layer, network, filter, inputsShown, limit) {
  const { rows, columns, inputs, colour } = grid(layer, network);
  const filters = shape.at(-1);
  const weight = (row, column, input) => data[((row * columns + column) * inputs + input) * filters + filter];
  const slices = colour ? 1 : inputsShown.length;
  const across = Math.ceil(Math.sqrt(slices));
  const down = Math.ceil(slices / across);
  const [width, height] = [across * (columns + 1) - 1, down * (rows + 1) - 1];
  const canvas = h("canvas", { class: "pixels", width, height, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  const { colours, ...about } = named("RdBu_r");
  const place = placer([-limit, limit], { colours, ...about });
  const colourAt = (at) => (at < 0 ? notFinite() : colours.slice(3 * at, 3 * at + 3));
  for (let slice = 0; slice < slices; slice++) {
    const [top, left] = [Math.floor(slice / across) * (rows + 1), (slice % across) * (columns + 1)];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const shown = colour
          ? [0, 1, 2].map((input) => 127.5 + (127.5 * weight(row, column, input)) / (limit || 1))
          : colourAt(place(weight(row, column, inputsShown[slice])));
        image.data.set([...shown, 255], 4 * ((top + row) * width + left + column));
      }
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** How these pictures are to be read. @param {any} layer @param {any} network @returns {string} */
export function howToRead(layer, network) {
  const { inputs, colour } = grid(layer, network);
  if (colour) return "Each picture shows the weights for red, green and blue as a colour; middle grey is zero.";
  const which =
    inputs > MOST_SLICES
      ? `the ${MOST_SLICES} of ${inputs} maps that the filter weighs most once trained`
      : inputs > 1
        ? `each of ${inputs} maps`
        : "all numbers before it";
  return `Each picture shows the weights for ${which}; blue is below zero, white is zero, red is above zero.`;
}
