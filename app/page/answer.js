/** What the network answers, how sure it is, how long it took, and what was done to the photo before. */

import { h } from "./dom.js";
import { fetchMaps, inputLayer, paintColours } from "./maps.js";
import { number, percent, plural, size } from "./words.js";

const STAGES = {
  receive: "receiving the file", decode: "decoding, cropping, scaling", store: "keeping the input",
  queue: "waiting for a core", compute: "the network",
};

/**
 * Labelled bars of all classes.
 * @param {Array<{label: string, score: number, logit: number, threshold?: number, present?: boolean}>} predictions
 */
export function bars(predictions) {
  return h(
    "ul",
    { class: "bars" },
    predictions.map(({ label, score, threshold, present }) =>
      h(
        "li",
        { class: present ? "present" : null },
        h("span", { class: "name" }, label),
        h(
          "span",
          { class: "track", "aria-hidden": "true" },
          h("span", { class: "bar", style: { width: `${score * 100}%` } }),
          threshold !== undefined && h("span", { class: "tick", style: { left: `${threshold * 100}%` } }),
        ),
        h("span", { class: "value", title: `probability ${number(score, 6)}` }, percent(score)),
      ),
    ),
  );
}

/**
 * The answer beside the photo.
 * @param {HTMLElement} root
 * @param {any} context
 */
export function showAnswer(root, { photo, network, trouble }) {
  const { answer } = photo;
  const [best] = answer.predictions;
  const input = h("canvas", { class: "pixels input", role: "img", "aria-label": inputText(network) });
  const source = inputLayer(network);
  input.width = source.shape[1];
  input.height = source.shape[0];
  fetchMaps(source, photo.id).then((maps) => paintColours(input, maps), trouble);
  root.append(
    h(
      "div",
      { class: "answer card" },
      h(
        "div",
        { class: "verdict" },
        h("p", { class: "muted small" }, `The network ${answer.model.name}, version ${answer.model.version}, says`),
        h("h1", {}, `${best.label}`, h("span", { class: "sure" }, ` ${percent(best.score)}`)),
        bars(answer.predictions),
        best.threshold !== undefined && h("p", { class: "muted small" }, thresholds(answer.predictions)),
        times(answer),
      ),
      h(
        "div",
        { class: "was" },
        h(
          "div",
          { class: "film" },
          original(photo),
          h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
          h("figure", {}, input, h("figcaption", {}, `What the network gets: ${size(source.shape)}`)),
        ),
        h(
          "details",
          {},
          h("summary", {}, "What was done to the photo"),
          h("ol", { class: "small" }, answer.preprocessing.map(stepText).filter(Boolean).map((text) => h("li", {}, text))),
        ),
      ),
    ),
  );
}

function inputText({ input }) {
  return `The photo as the network gets it, ${input.height} by ${input.width} pixels`;
}

/** The original with the crop drawn on it; only this browser has it. */
function original({ url, answer }) {
  if (!url) {
    return h("p", { class: "muted small gone" }, "The original was never kept: only the browser that posted it can show it.");
  }
  const [turned, crop] = ["turn", "crop"].map((name) => answer.preprocessing.find(({ step }) => step === name));
  const image = h("img", { src: url, alt: "Your photo", width: turned.width, height: turned.height });
  const figure = h("figure", {}, h("div", { class: "framed" }, image, frame(crop, turned)), caption(crop, turned));
  image.addEventListener("error", () => image.closest(".framed").replaceChildren("This browser cannot show this kind of file."));
  return figure;
}

function frame({ left, top, right, bottom }, { width, height }) {
  const part = (at, whole) => `${(100 * at) / whole}%`;
  const style = {
    left: part(left, width), top: part(top, height), width: part(right - left, width), height: part(bottom - top, height),
  };
  return h("div", { class: "crop", style, "aria-hidden": "true" });
}

function caption({ left, top, right, bottom }, { width, height }) {
  const whole = right - left >= width && bottom - top >= height;
  const cut = whole ? "all of it is used" : `the ${number(right - left)} × ${number(bottom - top)} in the frame are used`;
  return h("figcaption", {}, `Your photo, ${width} × ${height}; ${cut}`);
}

/** One step of the preprocessing in words; nothing for one that changed nothing. */
export function stepText(step) {
  switch (step.step) {
    case "decode": {
      const smaller = step.decoded_width !== step.width ? `, decoded at ${step.decoded_width} × ${step.decoded_height}` : "";
      return `Read as ${step.format} (${step.mode}), ${step.width} × ${step.height} pixels${smaller}.`;
    }
    case "turn":
      return step.orientation === 1 ? "Already upright: not turned." : `Turned upright (EXIF orientation ${step.orientation}): ${step.width} × ${step.height}.`;
    case "colour":
      return step.background ? `From ${step.mode} to RGB, on ${step.background}.` : step.mode === "RGB" ? "Already red, green and blue." : `From ${step.mode} to RGB.`;
    case "crop":
      return `Cut to the middle: from x ${number(step.left)} to ${number(step.right)}, y ${number(step.top)} to ${number(step.bottom)}.`;
    case "resize":
      return `Scaled by ${number(step.scale)} (${step.filter}) to ${step.width} × ${step.height}.`;
    default:
      return `${step.step}.`;
  }
}

function thresholds(predictions) {
  const present = predictions.filter((one) => one.present).map(({ label, threshold }) => `${label} (from ${percent(threshold)})`);
  const found = present.length ? present.join(", ") : "nothing";
  return `Ticks mark where a class counts as present. Here: ${found}.`;
}

function times({ timings_ms: timings, device, precision, batch_size }) {
  if (!timings) return null;
  const stages = Object.entries(STAGES).filter(([stage]) => timings[stage] !== undefined);
  const sum = stages.reduce((total, [stage]) => total + timings[stage], 0);
  return h(
    "details",
    { class: "times" },
    h("summary", {}, `Answered in ${number(timings.total, 3)} ms`),
    h(
      "div",
      { class: "stages", "aria-hidden": "true" },
      stages.map(([stage]) => h("span", { class: `stage ${stage}`, style: { "flex-grow": timings[stage] / sum } })),
    ),
    h(
      "ul",
      { class: "small plain" },
      stages.map(([stage, text]) => h("li", {}, h("i", { class: `key ${stage}` }), `${text}: ${number(timings[stage], 3)} ms`)),
    ),
    h("p", { class: "muted small" }, `On the ${device.toUpperCase()} in ${precision}, with ${plural(batch_size, "photo")} in the batch.`),
  );
}
