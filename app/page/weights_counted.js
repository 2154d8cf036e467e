/** Inputs, weights and multiplications, counted; and what the same outputs would cost without sharing weights. */
import { fill, h, table } from "./dom.js";
import { called } from "./networks.js";
import { weightsBeside } from "./weights_beside.js";
import { compared } from "./weights_compared.js";
import { count, kind, size } from "./words.js";

const NO_CONVOLUTION =
  "This network has no convolution: each unit of its first dense layer has a weight for every number before it, as the " +
  "table says.";

/**
 * @param {HTMLElement} root
 * @param {{network: any}} context
 * @returns {{beside: (other: any|null) => void}} takes in another network to compare with, or none
 */
export function showWeights(root, { network }) {
  const { input } = network;
  const numbers = input.height * input.width * input.channels;
  const [counts, arithmetic, tables] = [h("div"), h("div"), h("div")];
  const words = h("p");
  let taught = null;

  function show(networks) {
    const first = networks.map((one) => [one, convolutionOf(one)]).find(([, layer]) => layer);
    fill(counts, networks.length > 1 ? weightsBeside(networks) : facts(network));
    fill(
      words,
      "The article counts 100 × 100 × 3 = 30,000 inputs for a small photo, and calls that very expensive for an ordinary ",
      `network. Here it is ${input.height} × ${input.width} × ${input.channels} = ${count(numbers)}.`,
      first && " Why does that not matter so much?",
    );
    if (first?.[1] !== taught || !taught) fill(arithmetic, first ? compared(...first) : h("p", { class: "note" }, NO_CONVOLUTION));
    taught = first?.[1] ?? null;
    fill(tables, networks.map((one) => layersOf(one, networks.length > 1, !first)));
  }

  root.append(counts, words, arithmetic, tables);
  show([network]);
  return { beside: (other) => show(other ? [network, other] : [network]) };
}

const convolutionOf = ({ layers }) => layers.find((layer) => layer.kind === "convolution");

function facts({ input, parameters, multiply_adds: multiplications }) {
  const inputs = [input.height, input.width, input.channels];
  return h(
    "dl",
    { class: "experiment-counts" },
    fact("Inputs", inputs[0] * inputs[1] * inputs[2], `${inputs[0]} × ${inputs[1]} pixels × ${inputs[2]} colours`),
    fact("Weights", parameters, "learnt in training, the same for every photo"),
    fact("Multiply-adds", multiplications, "for one photo"),
  );
}

function layersOf({ model, layers }, several, open) {
  const scrolls = { class: "scrolls", tabindex: "0", role: "region", "aria-label": `Weights of ${called(model)}` };
  return h(
    "details",
    { open },
    h("summary", {}, `All layers ${several ? `of ${called(model)} ` : ""}that have weights`),
    h("div", scrolls, layerTable(layers)),
  );
}

function fact(name, value, words) {
  return h(
    "div",
    {},
    h("dt", {}, name),
    h("dd", {}, h("strong", {}, count(value)), h("span", { class: "muted" }, words)),
  );
}

function layerTable(layers) {
  const weighing = layers.filter(({ parameters }) => parameters > 0);
  const total = weighing.reduce((sum, { parameters }) => sum + parameters, 0);
  const written = ({ weights }) =>
    Object.values(weights)
      .map((shape) => shape.join(" × "))
      .join(" + ");
  return table(
    "Weights and work, layer by layer",
    ["Layer", "Kind", "Outputs", "Written out", "Weights", "Share", "Multiply-adds"],
    weighing.map((layer) => [
      layer.name,
      kind(layer),
      size(layer.shape),
      written(layer),
      count(layer.parameters),
      `${((100 * layer.parameters) / total).toFixed(1)} %`,
      count(layer.multiply_adds),
    ]),
  );
}
