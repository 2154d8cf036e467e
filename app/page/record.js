/** How far a method can be trusted on this very network: what it was put to when the network was exported. */

import { h, table } from "./dom.js";
import { number } from "./words.js";

const TRIALS = [
  ["randomised_similarity", "Likeness to its maps of a network with weights by chance", "near 0 is good: it shows what was learnt"],
  ["other_label_similarity", "Likeness to its maps for another class", "low is good: it tells classes apart"],
  ["better_than_random", "Uncovering in its order, beside an order by chance", "above 0 is better than chance"],
  ["better_than_edges", "The same beside an order by edges", "above 0 is better than any edge detector"],
  ["better_than_centre", "The same beside from the middle outwards", "above 0 is better than looking at the middle"],
  ["focus", "In a mosaic of four photos, its share on the right one", "chance is 0.25"],
];

/**
 * @param {Object<string, number>|null|undefined} record `certificate` of GET /explanations
 */
export function trustRecord(record) {
  if (record === undefined) return null;
  if (record === null) return h("p", { class: "small muted" }, "Nothing is on record about how far this can be trusted here.");
  const rows = TRIALS.filter(([name]) => name in record).map(([name, words, good]) => {
    const error = record[`${name}_error`];
    return [words, `${number(record[name], 2)}${error === undefined ? "" : ` ± ${number(error, 1)}`}`, good];
  });
  const caption = `Its record on this network${record.photos ? `, over ${record.photos} photos` : ""}`;
  return h("div", { class: "record" }, table(caption, ["trial", "result", "how to read it"], rows));
}

/**
 * A method that did not prove itself is not shown: that, too, is worth knowing.
 * @param {Error} error of the API
 */
export function refusedMethod(error) {
  return [
    h("p", { class: "note bad" }, h("strong", {}, "Not shown here. "), "On this network this method did not stand its trials: its colours would only look like an explanation."),
    h("p", { class: "small" }, error.detail),
    h("p", { class: "small muted" }, "Each method is put to the same trials when a network is exported. What fails here may pass on another network."),
  ];
}

/** Whether the API refused a method for its record. */
export function isRefusal(error) {
  return error.code === "parameter_invalid" && error.detail.startsWith("method:");
}
