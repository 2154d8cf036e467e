/** Where the answer was computed in coarser numbers than those that are looked at, the page says so. */

import { h } from "./dom.js";
import { number } from "./words.js";

/**
 * @param {{predict: string, here: string, predicted: Object<string, number>|null}|undefined} precision of the API
 * @returns {HTMLElement|null} nothing where both are the same
 */
export function precisionNote(precision) {
  if (!precision?.predicted) return null;
  const logits = Object.entries(precision.predicted).map(([label, logit]) => `${label} ${number(logit)}`).join(", ");
  return h(
    "p",
    { class: "small muted precision" },
    `All numbers here are ${precision.here}. The answer itself was computed in ${precision.predict}, which is coarser; its logits: ${logits}.`,
  );
}
