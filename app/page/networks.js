/** Which networks answer here, and the very one that gave an answer: asked for by name and version, never by chance. */

import * as api from "./api.js";
import { plural } from "./words.js";

const COMING = new Set(["loading", "on_disk"]); // states of a version that may answer soon
const known = new Map(); // by digest: what has the same digest is the same network

/**
 * The query that asks for this very network, whatever answers others meanwhile.
 * @param {{model: {name: string, version: number}}} network of GET /layers
 */
export const exactly = ({ model }) => ({ model: model.name, version: model.version });

/** Its name and version, short enough to stand on a line. @param {{name: string, version: number}} model */
export const called = ({ name, version }) => `${name} v${version}`;

/** "9 convolutions, 1 dense layer". @param {{layers: {kind: string}[]}} network @returns {string} */
export function builtOf({ layers }) {
  const number = (kind) => layers.filter((layer) => layer.kind === kind).length;
  const convolutions = number("convolution");
  return `${convolutions ? plural(convolutions, "convolution") : "no convolution"}, ${plural(number("dense"), "dense layer")}`;
}

/**
 * All models, the usual one first.
 * @returns {Promise<any[]>} of GET /models
 */
export const listModels = async () => (await api.latest("/models")).models;

/** Whether a model answers, or will as soon as it is loaded. @param {any} model of GET /models */
export const canAnswer = ({ stable, versions }) => stable !== null || COMING.has(versions[0]?.state);

/**
 * The network that answers a visitor now.
 * @param {string|null} name of its model; the usual one without
 * @param {(problem: Error) => void} [waiting] told while it is not ready yet
 * @returns {Promise<any>} of GET /layers
 */
export async function networkNow(name, waiting) {
  return remembered(await api.latest(api.url("/layers", { model: name }), waiting));
}

/**
 * The very network that gave an answer.
 * @param {{name: string, version: number, digest: string}} model of the answer
 * @returns {Promise<any>} of GET /layers; fails with `version_unknown` if it serves no longer
 */
export async function networkOf(model) {
  if (known.has(model.digest)) return known.get(model.digest);
  const found = remembered(await api.latest(api.url("/layers", exactly({ model }))));
  if (found.model.digest === model.digest) return found;
  const received = `another network with its name and number`;
  throw new api.Problem("version_unknown", "The network that answered is gone", `Expected ${called(model)}; received: ${received}.`);
}

/** What answered a photo. @param {string} photo its id */
export async function whoAnswered(photo) {
  return (await api.json(api.url("/feature-maps", { image_id: photo }))).model;
}

/** Keeps a network; where another took over its name and number, nothing that was answered before holds. */
function remembered(network) {
  const { name, version, digest } = network.model;
  const replaced = [...known.values()].some(
    ({ model }) => model.name === name && model.version === version && model.digest !== digest,
  );
  if (replaced) api.forget();
  if (!known.has(digest)) known.set(digest, network);
  return known.get(digest);
}
