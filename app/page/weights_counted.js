/** Inputs, weights and multiplications, counted; and what the same outputs would cost without sharing weights. */
import { h, table } from "./dom.js";
import { compared } from "./weights_compared.js";
import { count, kind, size } from "./words.js";

const NO_CONVOLUTION =
  "This network has no convolution: each unit of its first dense layer has a weight for every number before it, as the " +
  "table says.";

/**
 * @param {HTMLElement} root
 * @param {{network: any}} context
 */
export function showWeights(root, { network }) {
  const { input, layers, parameters, multiply_adds: multiplications } = network;
  const first = layers.find((layer) => layer.kind === "convolution");
  const numbers = input.height * input.width * input.channels;
  root.append(
    h(
      "dl",
      { class: "experiment-counts" },
      fact("Inputs", numbers, `${input.height} × ${input.width} pixels × ${input.channels} colours`),
      fact("Weights", parameters, "learnt in training, the same for every photo"),
      fact("Multiply-adds", multiplications, "for one photo"),
    ),
    h(
      "p",
      {},
      "The article counts 100 × 100 × 3 = 30,000 inputs for a small photo, and calls that very expensive for an ordinary ",
      `network. Here it is ${input.height} × ${input.width} × ${input.channels} = ${count(numbers)}.`,
      first && " Why does that not matter so much?",
    ),
  );
  root.append(first ? compared(network, first) : h("p", { class: "note" }, NO_CONVOLUTION));
  root.append(
    h(
      "details",
      { open: !first },
      h("summary", {}, "All layers that have weights"),
      h("div", { class: "scrolls" }, layerTable(layers)),
    ),
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
