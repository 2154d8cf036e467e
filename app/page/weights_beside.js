/** Two networks counted side by side: inputs, weights, work, and the largest layer written out. */
import { h, table } from "./dom.js";
import { builtOf, called } from "./networks.js";
import { count, number } from "./words.js";

const FLOAT = 4; // bytes
const product = (shape) => shape.reduce((one, other) => one * other, 1);
const inputsOf = ({ input }) => product([input.height, input.width, input.channels]);
const reuse = ({ parameters, multiply_adds: work }) => work / parameters;

/** The first layer that weighs each of its inputs for each of its outputs, if no filter slid before it. */
function firstDense({ layers }) {
  const first = layers.find(({ parameters }) => parameters > 0);
  return first?.kind === "dense" ? first : null;
}

/**
 * @param {any[]} networks two, of GET /layers
 * @returns {HTMLElement[]}
 */
export function weightsBeside(networks) {
  const row = (name, value) => [name, ...networks.map(value)];
  const rows = [
    row("Layers that weigh", builtOf),
    row("Inputs", (one) => `${count(inputsOf(one))} = ${one.input.height} × ${one.input.width} × ${one.input.channels}`),
    row("Weights", ({ parameters }) => count(parameters)),
    row("Memory as float32", ({ parameters }) => `${number((parameters * FLOAT) / 1e6, 3)} MB`),
    row("Multiply-adds for a photo", ({ multiply_adds: work }) => count(work)),
    row("Times a weight is used", (one) => number(reuse(one), 3)),
    row("Largest layer", largest),
    row("Its share of all weights", (one) => `${number((100 * heaviest(one).parameters) / one.parameters, 3)} %`),
  ];
  const names = networks.map(({ model }) => called(model));
  return [
    h("div", { class: "experiment-counted" }, table(`${names.join(" and ")}, counted`, ["", ...names], rows)),
    h("p", {}, comparison(networks)),
    ...networks.map(shortened).filter(Boolean),
  ];
}

const heaviest = ({ layers }) => layers.reduce((most, layer) => (layer.parameters > most.parameters ? layer : most));

/** Its weights as the product and the sum that they are. */
function largest(network) {
  const { name, weights, parameters } = heaviest(network);
  const written = Object.values(weights).map((shape) => shape.map(count).join(" × "));
  return h("span", {}, `${name}: `, h("span", { class: "muted" }, `${written.join(" + ")} = `), count(parameters));
}

function comparison(networks) {
  const [most, least] = [...networks].sort((one, other) => reuse(other) - reuse(one));
  const times = (network) => (number(reuse(network), 3) === "1" ? "once" : `${number(reuse(network), 3)} times`);
  const why = most.layers.some(({ kind }) => kind === "convolution")
    ? ": a filter that slides over the photo weighs every place with the same numbers."
    : ".";
  return (
    `Of every 100 weights that ${called(most.model)} has, ${called(least.model)} has ` +
    `${number((100 * least.parameters) / most.parameters, 3)}. But for one photo ${called(most.model)} uses each of its ` +
    `weights ${times(most)} on average, and ${called(least.model)} ${times(least)}${why}`
  );
}

/** What a dense network had to leave out of the photo, and what that saved it. */
function shortened(network) {
  const dense = firstDense(network);
  const inputs = inputsOf(network);
  if (!dense) return null;
  const [seen, units] = dense.weights.kernel;
  if (seen >= inputs) return null;
  const all = inputs * units + units;
  return h(
    "p",
    { class: "note" },
    `${called(network.model)} can afford this only because it looks at a smaller photo: ${dense.name} weighs ${count(seen)} numbers, ` +
      `not all ${count(inputs)}. With every one of them it would have ${count(inputs)} × ${count(units)} + ${count(units)} = ` +
      `${count(all)} weights instead of ${count(dense.parameters)}.`,
  );
}
