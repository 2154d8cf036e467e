/** Which range of numbers the colours are spread over: one for the layer, one for each channel, or a fixed one. */

import { aroundZero } from "./colours.js";
import { h } from "./dom.js";
import { number } from "./words.js";

/**
 * The ranges that a view's scale means.
 * @param {{scale: string, maps: any, table: any}} view
 * @returns {(channel: number) => [number, number]}
 */
export function limitsFor({ scale, maps, table }) {
  const fixed = parseFixed(scale);
  if (fixed) return () => fixed;
  if (scale === "channel") return (channel) => aroundZero(...maps.range([channel]), table.diverging);
  const whole = aroundZero(...maps.range(), table.diverging);
  return () => whole;
}

/** "−1,4" as two numbers, if it is such. */
export function parseFixed(scale) {
  const parts = scale.split(",").map(Number);
  return parts.length === 2 && parts.every(Number.isFinite) && parts[0] < parts[1] ? parts : null;
}

/**
 * Lets the visitor choose.
 * @param {{scale: string, maps: any, table: any}} view its scale is changed
 * @param {(scale: string) => void} changed
 */
export function scaleChooser(view, changed) {
  const whole = aroundZero(...view.maps.range(), view.table.diverging);
  const [low, high] = parseFixed(view.scale) ?? whole;
  const field = (label, value) => h("input", { type: "number", step: "any", value: Number(value.toPrecision(4)), "aria-label": label });
  const ends = [field("Lowest number of the fixed scale", low), field("Highest number of the fixed scale", high)];
  const fixed = h("span", { class: "row fixed", hidden: !parseFixed(view.scale) }, ends);
  const mode = parseFixed(view.scale) ? "fixed" : view.scale === "channel" ? "channel" : "layer";
  view.scale = mode === "fixed" ? view.scale : mode;
  const set = (scale) => {
    view.scale = scale;
    changed(scale);
  };
  const setFixed = () => {
    const scale = ends.map((end) => end.value).join(",");
    const valid = ends.every((end) => end.value !== "") && parseFixed(scale);
    for (const end of ends) end.setAttribute("aria-invalid", String(!valid));
    if (valid) set(scale);
  };
  for (const end of ends) end.addEventListener("change", setFixed);
  const names = view.maps.flat ? { layer: "the whole layer", fixed: "fixed" } : { layer: "the whole layer", channel: "each channel", fixed: "fixed" };
  const radios = Object.entries(names).map(([value, name]) => {
    const radio = h("input", { type: "radio", name: "scale", value, checked: value === mode });
    radio.addEventListener("change", () => {
      fixed.hidden = value !== "fixed";
      if (value === "fixed") setFixed();
      else set(value);
    });
    return h("label", { class: "row" }, radio, name);
  });
  return h("fieldset", { class: "choice" }, h("legend", {}, "One scale for"), radios, fixed);
}

/** What a scale is, in words. */
export function scaleText({ scale, maps, table }) {
  const fixed = parseFixed(scale);
  if (fixed) return `Fixed scale, ${number(fixed[0])} to ${number(fixed[1])}: the same for every map, whatever is in it.`;
  if (scale === "channel") return "Each map has a scale of its own: compare shapes, not strengths. The legend is that of the map you look at.";
  const [low, high] = aroundZero(...maps.range(), table.diverging);
  return `All ${maps.flat ? "numbers" : "maps"} share one scale, ${number(low)} to ${number(high)}: the same colour is the same number.`;
}
