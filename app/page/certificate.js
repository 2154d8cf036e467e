/** What is known of an explanation: what its numbers mean, how it was made, and how far it can be trusted. */

import { h } from "./dom.js";
import { precisionNote } from "./precision.js";
import { trustRecord } from "./record.js";
import { number, signed } from "./words.js";

const KNOWN = new Set(["image_id", "model", "method", "label", "logit", "grid", "meaning", "shape", "dtype", "layout", "data", "precision", "certificate"]);

/**
 * @param {any} found of GET /explanations
 */
export function certificate(found) {
  const { data, label, logit, method } = found;
  const sum = data.reduce((one, other) => one + other, 0);
  const facts = Object.entries(found).filter(([name, value]) => !KNOWN.has(name) && !Array.isArray(value?.[0]) && short(value));
  return [
    h("p", { class: "note" }, h("strong", {}, "What a number says. "), found.meaning, "."),
    check(found, sum),
    precisionNote(found.precision),
    trustRecord(found.certificate),
    h(
      "dl",
      { class: "facts small" },
      fact(`logit of ${label}`, number(logit)),
      fact("numbers in the map", `${found.shape.join(" × ")}, ${data.filter((value) => value > 0).length} above zero`),
      facts.map(([name, value]) => fact(name.replaceAll("_", " "), text(value))),
    ),
    method.includes("gradient") && !("completeness_error" in found)
      ? h("p", { class: "small muted" }, "It tells what a small change would do, not what the answer is made of.")
      : null,
  ];
}

/** Integrated gradients say how much is missing from their own sum. */
function check({ completeness_error: error, baseline_logit: start, logit }, sum) {
  if (error === undefined) return null;
  const gained = logit - start;
  const share = Math.abs(error / (gained || 1));
  return h(
    "p",
    { class: share < 0.05 ? "small certificate" : "small certificate bad" },
    `${share < 0.05 ? "✓" : "!"} All numbers add up to ${signed(sum)}; from the blank photo to yours the logit gained ${signed(gained)}. ` +
      `Left over: ${number(error, 2)}, that is ${number(share * 100, 2)} %.`,
  );
}

function short(value) {
  return value !== null && String(JSON.stringify(value)).length < 400;
}

function text(value) {
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name.replaceAll("_", " ")}: ${text(one)}`).join("; ");
  return String(value);
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}
