/** The first convolution beside a dense layer with as many outputs on the same input, for a photo of any size. */
import { fill, h, onFrame } from "./dom.js";
import { inputLayer } from "./maps.js";
import { called } from "./networks.js";
import { count } from "./words.js";

const SIDES = [16, 28, 32, 64, 100, 128, 160, 224, 256, 320, 384, 512, 768, 1024];
const FLOAT = 4; // bytes
const COMPUTED =
  "Computed here for comparison: a dense layer with as many outputs on the same input. No such network was built.";
const product = (shape) => shape.reduce((one, other) => one * other, 1);

/**
 * @param {any} network of GET /layers
 * @param {any} layer a convolution of it
 * @returns {HTMLElement}
 */
export function compared({ input, layers, model }, layer) {
  const before = layers.find(({ name }) => name === layer.input) ?? inputLayer({ input, layers });
  const [own, ownWidth, maps] = before.shape;
  const sides = [...new Set([...SIDES, own])].sort((one, other) => one - other);
  const side = h("input", {
    type: "range",
    max: sides.length - 1,
    value: sides.indexOf(own),
    "aria-label": "Side of the photo",
  });
  const [sideText, shared, dense] = [h("output"), h("div"), h("div")];
  const verdict = h("p", { class: "experiment-verdict", "aria-live": "polite" });

  function draw() {
    const height = sides[Number(side.value)];
    const width = Math.round((ownWidth * height) / own);
    const needed = weightsNeeded(layer, [height, width, maps]);
    sideText.textContent = `${height} × ${width}${height === own ? ", as here" : ""}`;
    side.setAttribute("aria-valuetext", `${height} by ${width} pixels`);
    fill(shared, sharedWeights(layer, maps, needed, height === own && called(model)));
    fill(dense, denseWeights([height, width, maps], needed));
    const times = count(Math.round(needed.dense / needed.shared));
    verdict.textContent = `${times} times as many weights, for as many outputs.`;
  }

  side.addEventListener("input", onFrame(draw));
  draw();
  const subject = before.kind === "input" || before.kind === "rescaling" ? "the photo" : `the output of ${before.name}`;
  return h(
    "div",
    { class: "experiment-compared" },
    h("label", { class: "row" }, h("span", {}, `If ${subject} had`), side, sideText, " pixels"),
    h("div", { class: "experiment-sides" }, shared, dense),
    verdict,
  );
}

function sharedWeights({ name, kernel }, maps, needed, network) {
  const filters = needed.outputs[2];
  const words = network
    ? `This is ${name} of ${network}.`
    : `${name} on another size: its weights stay, only its work changes.`;
  return [
    h("h3", {}, `${count(filters)} filters, slid over all of it`),
    steps([
      [`${kernel.join(" × ")} × ${maps} + 1 bias`, needed.perFilter, "weights of a filter"],
      [`${count(filters)} × ${count(needed.perFilter)}`, needed.shared, "weights of the layer"],
      [
        `${count(product(needed.outputs))} outputs × ${count(needed.perFilter - 1)}`,
        needed.sharedWork,
        "multiply-adds",
      ],
    ]),
    h("p", {}, inMemory(needed.shared), ". At a millimetre a weight: ", h("strong", {}, distance(needed.shared)), "."),
    h("p", { class: "muted small" }, words),
  ];
}

function denseWeights(input, needed) {
  return [
    h("h3", {}, "A weight for every pixel, for every output"),
    steps([
      [`${input.join(" × ")} inputs + 1 bias`, needed.perOutput, "weights of an output"],
      [`${needed.outputs.join(" × ")} outputs × ${count(needed.perOutput)}`, needed.dense, "weights of the layer"],
      [`${count(product(needed.outputs))} outputs × ${count(needed.perOutput - 1)}`, needed.denseWork, "multiply-adds"],
    ]),
    h("p", {}, inMemory(needed.dense), ". At a millimetre a weight: ", h("strong", {}, distance(needed.dense)), "."),
    h("p", { class: "muted small" }, COMPUTED),
  ];
}

/**
 * @param {any} layer a convolution of GET /layers
 * @param {number[]} input height, width, channels
 * @returns {Object<string, any>} how many weights and multiply-adds it has, and those of a dense layer instead
 */
export function weightsNeeded({ kernel, stride, padding, shape }, [height, width, channels]) {
  const places = (length, window, step, around) => Math.max(1, Math.floor((length + around - window) / step) + 1);
  const outputs = [
    places(height, kernel[0], stride[0], padding.top + padding.bottom),
    places(width, kernel[1], stride[1], padding.left + padding.right),
    shape.at(-1),
  ];
  const perFilter = product(kernel) * channels + 1;
  const perOutput = height * width * channels + 1;
  const all = product(outputs);
  return {
    outputs,
    perFilter,
    perOutput,
    shared: outputs[2] * perFilter,
    dense: all * perOutput,
    sharedWork: all * (perFilter - 1),
    denseWork: all * (perOutput - 1),
  };
}

function steps(rows) {
  return h(
    "dl",
    { class: "experiment-steps" },
    rows.map(([written, value, words]) =>
      h(
        "div",
        {},
        h("dt", {}, words),
        h("dd", {}, h("span", { class: "muted" }, `${written} = `), h("strong", {}, count(value))),
      ),
    ),
  );
}

function inMemory(weights) {
  const bytes = weights * FLOAT;
  const [factor, unit] = [
    [1e12, "TB"],
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "kB"],
    [1, "bytes"],
  ].find(([least]) => bytes >= least);
  return `${(bytes / factor).toPrecision(3)} ${unit} of memory as float32`;
}

function distance(millimetres) {
  const [factor, unit] = [
    [1e6, "km"],
    [1e3, "m"],
    [10, "cm"],
    [1, "mm"],
  ].find(([least]) => millimetres >= least);
  return `${count(Number((millimetres / factor).toPrecision(3)))} ${unit}`;
}
