/** Plain words for layers, maps and numbers; what is drawn is also said. */

const MINUS = "\u2212";

/** A number with four digits that count, and a true minus sign. */
export function number(value, digits = 4) {
  if (value === null || value === undefined) return "none";
  if (!Number.isFinite(value)) return String(value).replace("-", MINUS);
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-4 ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", MINUS);
}

/** Every digit that a float32 has: what another float32 is not. */
export function exact(value) {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text)).replaceAll("-", MINUS);
  }
  return String(Number(value.toPrecision(9))).replaceAll("-", MINUS);
}

/** The same with its sign: for differences. */
export function signed(value, digits = 4) {
  return value > 0 ? `+${number(value, digits)}` : number(value, digits);
}

/** 0.9902 as 99.0 %. */
export function percent(share) {
  const text = (share * 100).toFixed(1);
  if (share < 1 && text === "100.0") return "over 99.9 %";
  if (share > 0 && text === "0.0") return "under 0.1 %";
  return `${text} %`;
}

/** Large whole numbers with their groups apart. */
export function count(whole) {
  return whole.toLocaleString("en");
}

/** "1 layer", "25 layers". */
export function plural(amount, noun) {
  return `${count(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** 64 × 64 × 32, or 208 numbers. */
export function size(shape) {
  return shape.length === 1 ? plural(shape[0], "number") : shape.join(" × ");
}

const KINDS = {
  input: "photo", rescaling: "rescaling", convolution: "convolution", relu: "ReLU", max_pooling: "max pooling",
  average_pooling: "average pooling", global_average_pooling: "average", flatten: "flattening", dense: "dense",
  softmax: "softmax",
};

/** The name of a kind of layer. */
export function kind(layer) {
  return KINDS[layer.kind] ?? layer.kind.replaceAll("_", " ");
}

/**
 * What a layer does, in one sentence.
 * @param {any} layer of GET /layers, or the photo as `inputLayer` makes it
 */
export function sentence(layer) {
  const window = layer.kernel ? layer.kernel.join(" × ") : "";
  const step = layer.stride && Math.max(...layer.stride) > 1 ? `, every ${ordinal(Math.max(...layer.stride))} place` : "";
  switch (layer.kind) {
    case "input":
      return "The photo as the network gets it: red, green and blue of each pixel, from 0 to 255.";
    case "rescaling":
      return `The same pixels on another scale: each times ${number(layer.scale)}, ${added(layer.offset)}.`;
    case "convolution":
      return `${plural(layer.shape.at(-1), "filter")} slide over the maps before${step}. Each looks for its own ${window} pattern.`;
    case "relu":
      return "Whatever is below zero becomes zero: only what was found goes on.";
    case "max_pooling":
      return `Of each ${window} window only the largest number goes on: smaller maps, same findings.`;
    case "average_pooling":
      return `Of each ${window} window the mean goes on: smaller maps.`;
    case "global_average_pooling":
      return "Of each map only its mean goes on: how much of it there is, no longer where.";
    case "flatten":
      return "The same numbers in one long row: where each came from no longer counts.";
    case "dense":
      return `${plural(layer.shape[0], "sum")}: each of all numbers before, every one with a weight of its own.`;
    case "softmax":
      return "The sums become shares of one: probabilities.";
    default:
      return `A layer of the kind ${kind(layer)}.`;
  }
}

function added(offset) {
  return offset < 0 ? `less ${number(-offset)}` : `plus ${number(offset)}`;
}

function ordinal(whole) {
  return { 2: "second", 3: "third", 4: "fourth" }[whole] ?? `${whole}th`;
}

/** Where a cell lies, in words: "upper left", "middle". */
export function place(y, x, height, width) {
  const third = (at, length) => Math.min(2, Math.floor((3 * at) / length));
  const down = ["upper", "", "lower"][third(y, height)];
  const across = ["left", "", "right"][third(x, width)];
  return [down, across].filter(Boolean).join(" ") || "middle";
}

/**
 * A map in one sentence, for those who do not see it.
 * @param {string} layer its name
 * @param {number} channel
 * @param {{minimum: number, maximum: number, mean: number, zeros: number, y: number, x: number}} facts of `maps.js`
 * @param {number[]} shape
 */
export function mapSentence(layer, channel, facts, shape) {
  if (shape.length === 1) return `${layer}, number ${channel}: ${number(facts.maximum)}.`;
  const [height, width] = shape;
  const about = `${layer}, channel ${channel}, ${height} × ${width}`;
  if (facts.minimum === 0 && facts.maximum === 0) return `${about}: silent, every number is zero for this photo.`;
  const zeros = facts.zeros > 0 ? `; ${percent(facts.zeros)} are zero` : "";
  return (
    `${about}: from ${number(facts.minimum)} to ${number(facts.maximum)}, mean ${number(facts.mean)}${zeros}. ` +
    `Strongest ${place(facts.y, facts.x, height, width)}, at y ${facts.y}, x ${facts.x}.`
  );
}
