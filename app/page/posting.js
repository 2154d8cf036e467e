/** A photo and its answer: posted from here, or recalled by its id. */

import * as api from "./api.js";
import { percent } from "./words.js";

/**
 * Posts a file and waits for the answer.
 * @param {File|Blob} file
 * @param {{url: string|null}|null} before whose picture is no longer needed
 * @param {(text: string) => void} say
 * @returns {Promise<{id: string, answer: any, file: Blob, url: string, posted: number}>}
 */
export async function postPhoto(file, before, say) {
  document.body.classList.add("posting");
  say("The photo is on its way");
  try {
    const answer = await api.predict(file);
    performance.mark("answer");
    const { label, probability } = answer;
    say(`Answer: ${label}, ${percent(probability)}`);
    if (before?.url) URL.revokeObjectURL(before.url);
    return { id: answer.image_id, answer, file, url: URL.createObjectURL(file), posted: performance.now() };
  } finally {
    document.body.classList.remove("posting");
  }
}

/**
 * What can still be known of a photo that was posted before, from another tab or by someone else: its answer as the
 * last layers have it, and the steps before them. The original is not kept anywhere.
 * @param {string} id
 * @param {any} network as GET /layers gives it
 */
export async function recallPhoto(id, network) {
  const last = network.layers.at(-1);
  const maps = (layer) => api.floats(api.url("/feature-maps", { image_id: id, layer, format: "f32" }));
  const steps = api.json(api.url("/preprocessing", { image_id: id }));
  const [scores, logits, { steps: preprocessing }] = await Promise.all([maps(last.name), maps(last.input), steps]);
  const predictions = network.labels
    .map((label, at) => ({ label, score: scores.data[at], logit: logits.data[at] }))
    .sort((one, other) => other.score - one.score);
  const [{ label, score: probability }] = predictions;
  const answer = { image_id: id, label, probability, predictions, preprocessing, model: network.model };
  return { id, answer, file: null, url: null };
}
