/** A layer's kernels at every moment of training that was kept, and as they are now. */
import { reachOf, resemblance, slicesOf } from "./kernel_pictures.js";
import { kernelsPath } from "./kernels.js";
import { plural } from "./words.js";

const MOST = 200_000; // numbers of one moment that are fetched for pictures

/**
 * @typedef {object} Moment
 * @property {string} name
 * @property {string} short
 * @property {{data: Float32Array, shape: number[]}} kernels
 * @property {number} reach the largest weight, without its sign
 * @property {number} like the cosine to the trained ones
 *
 * @param {any} layer
 * @param {any} context
 * @param {{epochs: number, kernels: string[]}[]} snapshots
 * @returns {Promise<{layer: any, filters: number, moments: Moment[], slices: number[][], reach: number}>}
 */
export async function fetchMoments(layer, { network, api }, snapshots) {
  const shape = layer.weights.kernel;
  const each = shape.slice(0, -1).reduce((one, other) => one * other, 1);
  const filters = Math.max(1, Math.min(shape.at(-1), Math.floor(MOST / each)));
  const channels = filters < shape.at(-1) ? `0-${filters - 1}` : null;
  const fetched = (epoch) =>
    api.floats(kernelsPath(layer, network, { epoch, channels, format: "f32" }));
  const last = await fetched(null);
  const moment = (name, short, kernels) => ({
    name,
    short,
    kernels,
    reach: reachOf(kernels),
    like: resemblance(kernels, last),
  });
  const moments = [];
  for (const { epochs } of snapshots.filter(({ kernels }) => kernels.includes(layer.name))) {
    const name = epochs === 0 ? "random start" : `after ${plural(epochs, "epoch")}`;
    moments.push(moment(name, String(epochs), await fetched(epochs)));
  }
  moments.push(moment("trained, as it answers", "trained", last));
  const slices = Array.from({ length: filters }, (_, filter) => slicesOf(last, layer, network, filter));
  return { layer, filters, moments, slices, reach: Math.max(...moments.map(({ reach }) => reach)) };
}
