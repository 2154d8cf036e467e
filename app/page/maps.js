/** A layer's numbers: fetched as exact floats, drawn a pixel a number, and found again under the cursor. */

import * as api from "./api.js";
import { aroundZero, notFinite, placer } from "./colours.js";

/** The network's input, in the form that GET /layers gives layers. */
export function inputLayer({ input, layers }) {
  const { height, width, channels } = input;
  const name = layers[0].input;
  return { name, kind: "input", input: null, shape: [height, width, channels], signed: false, weights: {}, kernel: null };
}

/** All layers, the photo first. */
export function allLayers(network) {
  return [inputLayer(network), ...network.layers];
}

/**
 * A layer's output.
 * @param {{name: string, shape: number[]}} layer
 * @param {string} photo its id
 * @returns {Promise<Maps>}
 */
export async function fetchMaps(layer, photo) {
  const { data, shape } = await api.floats(mapsPath(layer.name, photo, { format: "f32" }));
  return new Maps(data, shape);
}

/** Where a layer's output is. */
export function mapsPath(layer, photo, query = {}) {
  return api.url("/feature-maps", { image_id: photo, layer, ...query });
}

/** Numbers [height, width, channels], or [units], which are channels of one number. */
export class Maps {
  constructor(data, shape) {
    Object.assign(this, { data, shape });
    this.flat = shape.length === 1;
    [this.height, this.width, this.channels] = this.flat ? [1, 1, shape[0]] : shape;
    this.known = new Map();
  }

  at(channel, y, x) {
    return this.data[(y * this.width + x) * this.channels + channel];
  }

  /** What there is to say of a channel; computed once. */
  facts(channel) {
    let facts = this.known.get(channel);
    if (!facts) this.known.set(channel, (facts = this.look(channel)));
    return facts;
  }

  look(channel) {
    let [minimum, maximum, sum, squares, zero, peak] = [Infinity, -Infinity, 0, 0, 0, 0];
    const { data, channels } = this;
    const cells = this.height * this.width;
    for (let cell = 0, at = channel; cell < cells; cell++, at += channels) {
      const value = data[at];
      if (value < minimum) minimum = value;
      if (value > maximum) [maximum, peak] = [value, cell];
      if (value === 0) zero++;
      sum += value;
      squares += value * value;
    }
    const mean = sum / cells;
    const variance = Math.max(0, squares / cells - mean * mean);
    const [y, x] = [Math.floor(peak / this.width), peak % this.width];
    return { minimum, maximum, mean, variance, zeros: zero / cells, y, x, silent: minimum === 0 && maximum === 0 };
  }

  /** Least and greatest value of some channels; of all without any. */
  range(chosen = [...Array(this.channels).keys()]) {
    const facts = chosen.map((channel) => this.facts(channel));
    return [Math.min(...facts.map((one) => one.minimum)), Math.max(...facts.map((one) => one.maximum))];
  }

  /** The channels that vary most over the map, the most first; of equals the lower number first. */
  byVariance() {
    const order = [...Array(this.channels).keys()];
    return order.sort((one, other) => this.facts(other).variance - this.facts(one).variance || one - other);
  }

  /** The share of a channel's values outside of a range. */
  clipped(channel, [low, high]) {
    const { minimum, maximum } = this.facts(channel);
    if (minimum >= low && maximum <= high) return 0;
    let outside = 0;
    for (let at = channel; at < this.data.length; at += this.channels) {
      if (this.data[at] < low || this.data[at] > high) outside++;
    }
    return outside / (this.height * this.width);
  }
}

/**
 * Draws one channel, a canvas pixel a number.
 * @param {HTMLCanvasElement} canvas
 * @param {Maps} maps
 * @param {number} channel
 * @param {[number, number]} limits
 * @param {any} table of `colours.js`
 */
export function paint(canvas, maps, channel, limits, table) {
  const { height, width, channels, data } = maps;
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  const [pixels, colours, place, stray] = [image.data, table.colours, placer(limits, table), notFinite()];
  for (let cell = 0, from = channel; cell < width * height; cell++, from += channels) {
    const at = place(data[from]);
    for (let part = 0; part < 3; part++) pixels[4 * cell + part] = at < 0 ? stray[part] : colours[3 * at + part];
    pixels[4 * cell + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}

/** Draws the first three channels, 0 to 255, as a picture: the photo as the network gets it. */
export function paintColours(canvas, maps) {
  const { height, width, channels, data } = maps;
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  for (let cell = 0; cell < width * height; cell++) {
    for (let part = 0; part < 3; part++) image.data[4 * cell + part] = data[cell * channels + (channels < 3 ? 0 : part)];
    image.data[4 * cell + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}

/** The range that all channels of a layer share, with zero in its own colour. */
export function layerLimits(maps, table) {
  return aroundZero(...maps.range(), table.diverging);
}

/**
 * Which number lies under the pointer.
 * @param {PointerEvent} event
 * @param {HTMLElement} element that shows the map from edge to edge
 * @param {{height: number, width: number}} maps
 * @returns {[number, number]} y, x
 */
export function under(event, element, { height, width }) {
  const box = element.getBoundingClientRect();
  const part = (at, start, length, cells) => Math.max(0, Math.min(cells - 1, Math.floor(((at - start) / length) * cells)));
  return [part(event.clientY, box.top, box.height, height), part(event.clientX, box.left, box.width, width)];
}
