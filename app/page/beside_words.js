/** What two networks make of the same alteration, in sentences: how far each moved from its own answer. */
import { percent } from "./words.js";

/**
 * How much of its hundred points an answer gives to other labels than before: half of all differences, for what one
 * label loses another gains (the total variation of the two).
 * @param {Object<string, number>} now
 * @param {Object<string, number>} before
 * @returns {number} from 0, the same answer, to 1, nothing in common
 */
export function moved(now, before) {
  return Object.keys(before).reduce((sum, label) => sum + Math.abs(now[label] - before[label]), 0) / 2;
}

/** The most probable label. @param {Object<string, number>} scores @returns {string} */
export const first = (scores) => Object.keys(scores).reduce((one, other) => (scores[other] > scores[one] ? other : one));

const inPoints = (share) => (share * 100).toFixed(1);

/**
 * One network at one position.
 * @param {Object<string, number>|undefined} now
 * @param {Object<string, number>|undefined} before
 * @param {Error|null} delay
 * @returns {string}
 */
export function movedSentence(now, before, delay) {
  if (delay) return `${delay.title}; it is asked again.`;
  if (!now || !before) return "It is being asked.";
  if (now === before) return `Says ${first(before)}, ${percent(before[first(before)])}.`;
  const [then, says] = [first(before), first(now)];
  const verdict = then === says ? `still says ${says}` : `said ${then}, now says ${says}`;
  return `Moved ${inPoints(moved(now, before))} of its 100 points, ${verdict}.`;
}

/**
 * Both networks over all positions that both have answered.
 * @param {import("./alterations.js").Alteration} alteration
 * @param {{name: string, before: Object<string, number>|undefined, answers: Object<string, number>[]}[]} sides each with
 *   its answers to the same altered photos
 * @returns {string}
 */
export function besideSentence({ name }, sides) {
  if (sides.some(({ before }) => !before)) return "The network beside has not answered yet.";
  const positions = sides[0].answers.length;
  if (!positions) {
    const says = sides.map((side) => `${side.name} says ${first(side.before)}, ${percent(side.before[first(side.before)])}`);
    return `Unaltered, ${says.join("; ")}. Move the slider, or try all positions.`;
  }
  const told = sides.map((side) => {
    const ways = side.answers.map((now) => moved(now, side.before));
    const mean = ways.reduce((sum, way) => sum + way, 0) / positions;
    const same = side.answers.filter((now) => first(now) === first(side.before)).length;
    const far = `${side.name} moved ${inPoints(mean)} of its 100 points on average and ${inPoints(Math.max(...ways))} at most`;
    return `${far}, and said ${first(side.before)} as before at ${same}`;
  });
  return `${name}, ${positions} altered ${positions === 1 ? "photo" : "photos"} answered by both: ${told.join("; ")}.`;
}
