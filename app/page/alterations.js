/** The experiments on a photo: what each does, how far it goes, and why it is interesting. */
import { blurred, brightened, greyed, hidden, slid, turned } from "./altered_photo.js";
import { number } from "./words.js";

/**
 * @typedef {object} Alteration
 * @property {string} key in the address
 * @property {string} name
 * @property {number} least of the slider
 * @property {number} most
 * @property {number} step
 * @property {number} rest where nothing is altered
 * @property {number} apart how far the curve's positions lie from each other
 * @property {(value: number) => string} words
 * @property {(pixels: any, value: number, spot: {x: number, y: number}) => any} alter
 * @property {string} why
 */

/**
 * @param {{width: number, height: number}} input of the network
 * @returns {Alteration[]}
 */
export function alterations({ width, height }) {
  const sixteenth = Math.max(1, Math.round(width / 16));
  const finest = Math.min(width, height) / 256; // half a pixel of 128
  return [
    {
      key: "slide",
      name: "Slide sideways",
      least: -6 * sixteenth,
      most: 6 * sixteenth,
      step: 1,
      rest: 0,
      apart: sixteenth,
      words: (value) => (value === 0 ? "not moved" : `${Math.abs(value)} px to the ${value < 0 ? "left" : "right"}`),
      alter: (pixels, value) => slid(pixels, value),
      why: "A filter looks everywhere with the same weights, so its findings move along with the cat. A network that has a weight for every pixel must learn the cat anew at each place. The free edge repeats the last column.",
    },
    {
      key: "grey",
      name: "Turn grey",
      least: 0,
      most: 100,
      step: 1,
      rest: 0,
      apart: 10,
      words: (value) =>
        value === 0 ? "all colours" : value === 100 ? "black and white" : `${value} % of the colour gone`,
      alter: (pixels, value) => greyed(pixels, value / 100),
      why: "What we feed is what we get: a network that saw only colour photos in training may lean on colour. Does this one need it?",
    },
    {
      key: "turn",
      name: "Rotate",
      least: -180,
      most: 180,
      step: 5,
      rest: 0,
      apart: 30,
      words: (value) =>
        value === 0 ? "upright" : `${Math.abs(value)}° ${value < 0 ? "counter-clockwise" : "clockwise"}`,
      alter: (pixels, value) => turned(pixels, value),
      why: "Sliding is built into a convolution; turning is not. A filter for an upright edge does not find a lying one, unless training showed both.",
    },
    {
      key: "blur",
      name: "Blur",
      least: 0,
      most: 12 * finest,
      step: finest / 2,
      rest: 0,
      apart: finest,
      words: (value) => (value === 0 ? "sharp" : `blurred over ${number(value, 3)} px`),
      alter: (pixels, value) => blurred(pixels, value),
      why: "Blur takes fine texture, such as fur, and leaves the shape. How the answer falls says which of them it rests on.",
    },
    {
      key: "hide",
      name: "Hide a part",
      least: 0,
      most: 100,
      step: 2,
      rest: 0,
      apart: 10,
      words: (value) => (value === 0 ? "nothing hidden" : `a square of ${value} % of the side`),
      alter: (pixels, value, spot) => hidden(pixels, value / 100, spot),
      why: "Choose a place with a click on the photo (or its arrow keys), then let the square grow. Where a small one changes the answer, the network found what it needed.",
    },
    {
      key: "light",
      name: "Brightness",
      least: 0,
      most: 250,
      step: 5,
      rest: 100,
      apart: 25,
      words: (value) => (value === 100 ? "as it was" : value === 0 ? "black" : `${value} % of the light`),
      alter: (pixels, value) => brightened(pixels, value / 100),
      why: "The same cat at dusk and in glaring sun: all inputs become smaller or larger together, and over white everything is white.",
    },
  ];
}

/** The positions of a curve, unaltered among them: 11 or 13. @param {Alteration} alteration @returns {number[]} */
export function positions({ least, most, apart }) {
  const count = Math.round((most - least) / apart);
  return Array.from({ length: count + 1 }, (_, index) => Math.min(most, least + index * apart));
}

/** All places that the slider can stand at, and those of the curve. @param {Alteration} alteration @returns {number[]} */
export function places(alteration) {
  const { least, most, step, rest } = alteration;
  const count = Math.round((most - least) / step);
  const found = Array.from({ length: count + 1 }, (_, index) => nearest(least + index * step, alteration));
  return [...new Set([...found, ...positions(alteration), rest])].sort((one, other) => one - other);
}

/** The slider's place nearest to a number. @param {number} value @param {Alteration} alteration @returns {number} */
export function nearest(value, { least, most, step }) {
  const steps = Math.round((Math.max(least, Math.min(most, value)) - least) / step);
  return Math.round((least + steps * step) * 1e6) / 1e6;
}

/**
 * A place on the photo, as the address has it; the middle without one.
 * @param {string | null} text such as 0.25,0.5
 */
export function spotOf(text) {
  const [x, y] = (text || "none").split(",").map(Number);
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : { x: 0.5, y: 0.5 };
}
