/** What a curve shows, in sentences. */
import { percent } from "./words.js";

/** A difference of two probabilities in percentage points. @param {number} difference @returns {string} */
export function points(difference) {
  const amount = Math.abs(difference * 100).toFixed(1);
  return amount === "0.0" ? "±0" : `${difference < 0 ? "−" : "+"}${amount}`;
}

/**
 * Which label leads where, and how far the unaltered photo's label moves.
 * @param {import("./alterations.js").Alteration} alteration
 * @param {{name: string, points: {x: number, y: number}[]}[]} series
 * @param {Object<string, number>} before
 * @returns {string}
 */
export function curveSentence({ words, name, rest }, series, before) {
  const [first] = Object.entries(before).sort(([, one], [, other]) => other - one)[0];
  const own = series.find((one) => one.name === first).points;
  if (own.length < 2)
    return `Unaltered, the network says ${first}, ${percent(before[first])}. Move the slider, or try all positions.`;
  const leader = (at) => series.reduce((best, one) => (one.points[at].y > best.points[at].y ? one : best)).name;
  const others = own.map(({ x }, at) => ({ x, leads: leader(at) })).filter(({ leads }) => leads !== first);
  const lowest = own.reduce((low, point) => (point.y < low.y ? point : low));
  const asked = `${name}, ${own.length} positions asked: `;
  const least = `${first} is least probable at “${words(lowest.x)}”, ${percent(lowest.y)}`;
  if (!others.length)
    return `${asked}${first} leads at every one; ${lowest.x === rest ? `${percent(lowest.y)} unaltered is its least` : least}.`;
  const nearest = others.reduce((near, one) => (Math.abs(one.x - rest) < Math.abs(near.x - rest) ? one : near));
  return `${asked}${first} leads at ${own.length - others.length} of them; ${nearest.leads} takes over at “${words(nearest.x)}”. ${capital(least)}.`;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
