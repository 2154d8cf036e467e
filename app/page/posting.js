/** A photo and its answer: posted from here, or recalled by its id. */

import * as api from "./api.js";
import { fetchMaps, inputLayer } from "./maps.js";
import { networkOf, whoAnswered } from "./networks.js";
import { encodePng } from "./png.js";
import { percent } from "./words.js";

const MOST_KEPT = 8; // photos that were posted from here: the way back finds their originals
const posted = new Map();

/**
 * Posts a file and waits for the answer, and for the network that gave it.
 * @param {File|Blob} file
 * @param {{model?: string|null, version?: number|null}} by what is to answer; the server's choice without
 * @param {(text: string) => void} say
 * @returns {Promise<{id: string, answer: any, network: any, file: Blob|null, url: string|null}>}
 */
export async function postPhoto(file, by, say) {
  document.body.classList.add("posting");
  say("The photo is on its way");
  try {
    const answer = await api.predict(file, by);
    performance.mark("answer");
    const { image_id: id, label, probability, model } = answer;
    say(`Answer: ${label}, ${percent(probability)}`);
    return remember({ id, answer, network: await networkOf(model), file, url: URL.createObjectURL(file) });
  } finally {
    document.body.classList.remove("posting");
  }
}

function remember(photo) {
  const before = posted.get(photo.id);
  if (before) URL.revokeObjectURL(before.url);
  posted.delete(photo.id);
  posted.set(photo.id, photo);
  if (posted.size > MOST_KEPT) {
    const [oldest] = posted.values();
    URL.revokeObjectURL(oldest.url);
    posted.delete(oldest.id);
  }
  return photo;
}

/**
 * A photo that was posted before: from here, or else what the server knows of it.
 * @param {string} id
 */
export async function findPhoto(id) {
  return posted.get(id) ?? recallPhoto(id);
}

/**
 * What can still be known of a photo from another tab or from someone else: its answer as the last layers of the network
 * that gave it have it, and the steps before them. The original is not kept anywhere.
 */
async function recallPhoto(id) {
  const network = await networkOf(await whoAnswered(id));
  const last = network.layers.at(-1);
  const maps = (layer) => api.floats(api.url("/feature-maps", { image_id: id, layer, format: "f32" }));
  const steps = api.json(api.url("/preprocessing", { image_id: id }));
  const [scores, logits, { steps: preprocessing }] = await Promise.all([maps(last.name), maps(last.input), steps]);
  const predictions = network.labels
    .map((label, at) => ({ label, score: scores.data[at], logit: logits.data[at] }))
    .sort((one, other) => other.score - one.score);
  const [{ label, score: probability }] = predictions;
  const answer = { image_id: id, label, probability, predictions, preprocessing, model: network.model };
  return { id, answer, network, file: null, url: null };
}

/**
 * What can be posted once more: the file, or, where this browser never had it, the input that was made of it.
 * @param {{id: string, network: any, file: Blob|null}} photo
 * @returns {Promise<Blob>}
 */
export async function again({ id, network, file }) {
  if (file) return file;
  const { width, height, data } = await fetchMaps(inputLayer(network), id);
  return encodePng({ width, height, data: Uint8ClampedArray.from(data) });
}
