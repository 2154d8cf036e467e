/** From what each network answered to the lines of a curve and the rows of its table. */
import { MOVED } from "./altered_curve.js";
import { UNALTERED } from "./altered_side.js";
import { moved } from "./beside_words.js";

/**
 * Of one network all labels; of several one label, or how far each answer moved from that to the unaltered photo.
 * @param {import("./altered_side.js").Side[]} sides
 * @param {number[]} places of the slider
 * @param {(value: number) => string} keyOf
 * @param {string} of a label, or `MOVED`
 * @returns {{series: {name: string, points: {x: number, y: number}[]}[], heads: string[], rows: Array<Array<number|undefined>>}}
 */
export function linesOf(sides, places, keyOf, of) {
  const columns = sides.flatMap((side) => columnsOf(side, sides.length > 1));
  const asked = places.filter((x) => sides.some((side) => side.at(keyOf(x))));
  const shown = sides.length > 1 ? columns.filter(({ what }) => what === of) : columns;
  const series = shown.map(({ name, value }) => ({
    name,
    points: asked.map((x) => ({ x, y: value(keyOf(x)) })).filter(({ y }) => y !== undefined),
  }));
  const rows = asked.map((x) => [x, ...columns.map(({ value }) => value(keyOf(x)))]);
  return { series, heads: columns.map(({ head }) => head), rows };
}

/** A column for each label; and, where there is another network to compare it with, for how far the answer moved. */
function columnsOf({ labels, name, at }, several) {
  const columns = labels.map((label) => ({
    what: label,
    name: several ? name : label,
    head: several ? `${name}: ${label}` : label,
    value: (key) => at(key)?.[label],
  }));
  if (!several) return columns;
  const way = (key) => (at(key) && at(UNALTERED) ? moved(at(key), at(UNALTERED)) : undefined);
  return [...columns, { what: MOVED, name, head: `${name}: moved`, value: way }];
}
