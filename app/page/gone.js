/** What is not there any more: a photo that was forgotten, a network that was replaced while the page was open. */

import { parse } from "./address.js";
import { Problem } from "./api.js";
import { exactly, listModels } from "./networks.js";

const LOST = new Set(["image_unknown", "version_unknown", "model_unknown"]);

/** Whether something that was looked at is not there any more. @param {Error} error */
export const isLost = ({ code }) => LOST.has(code);

/**
 * What to say of a lost photo or network, and what to do.
 * @param {Error} error
 * @param {{answer: any, file: Blob|null}|null} photo that was looked at
 * @returns {Promise<{problem: Error, by: {model?: string|null, version?: number}, quietly: boolean}>} by: what a photo that is
 *   posted again is to be answered by; quietly: it may be without asking, for nothing that is shown will change
 */
export async function remedy(error, photo) {
  if (!photo) {
    const model = error.code === "model_unknown" ? null : parse().query.get("model");
    return { problem: error, by: { model }, quietly: false };
  }
  const { model } = photo.answer;
  const models = await listModels();
  const own = models.find(({ name }) => name === model.name);
  if (own?.versions.some(({ digest }) => digest === model.digest)) {
    return { problem: error, by: exactly(photo.answer), quietly: error.code === "image_unknown" };
  }
  const next = [own, ...models].find((one) => one && one.stable !== null);
  const now = next ? `Now ${next.name}, version ${next.stable}, answers.` : "No network answers in its place.";
  const words = `It answered this photo, and all that is shown came from it. ${now}`;
  const problem = new Problem("version_unknown", `${model.name}, version ${model.version}, answers here no longer`, words);
  return { problem, by: next && !next.usual ? { model: next.name } : {}, quietly: false };
}
