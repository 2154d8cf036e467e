/** Ways in for a photo: drop, paste, choose, camera; and the first screen, which asks for one. */

import { drawCat } from "./drawing.js";
import { h } from "./dom.js";
import { size } from "./words.js";

/**
 * Takes photos from anywhere on the page.
 * @param {(file: File, others: number) => void} post a photo, and how many more files came with it
 */
export function wirePhotos(post) {
  let depth = 0; // dragenter comes for every child, too
  const dragged = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (shown) => document.body.classList.toggle("dragging", shown);
  addEventListener("dragenter", (event) => {
    if (dragged(event)) over(++depth > 0);
  });
  addEventListener("dragleave", (event) => {
    if (dragged(event)) over(--depth > 0);
  });
  addEventListener("dragover", (event) => {
    if (dragged(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    if (!dragged(event)) return;
    event.preventDefault();
    first(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    first(event.clipboardData?.files ?? []);
  });
  const first = ([file, ...others]) => file && post(file, others.length);
  listen(document.getElementById("another"), post);
}

function listen(input, post) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // the same file may be chosen again
    if (file) post(file, 0);
  });
}

function chooser(id, text, post, more = {}) {
  const input = h("input", { class: "away", type: "file", id, accept: "image/*", ...more });
  listen(input, post);
  return [input, h("label", { for: id, class: more.capture ? "button quiet" : "button" }, text)];
}

/**
 * The first screen.
 * @param {HTMLElement} root
 * @param {any} context
 */
export function invite(root, { network, post }) {
  const { height, width } = network.input;
  const drawn = async () => post(await drawCat());
  root.append(
    h(
      "div",
      { class: "invite" },
      h("h1", {}, "What does a network see in your cat?"),
      h(
        "p",
        { class: "lead" },
        "Drop a photo. See at once what the network answers, then walk through it layer by layer, down to every single number.",
      ),
      h(
        "div",
        { class: "dropzone" },
        h("p", { class: "big" }, "Drop a photo here"),
        h("p", { class: "muted" }, "or paste one, or"),
        h(
          "div",
          { class: "row middle" },
          chooser("choose", "Choose a photo", post),
          chooser("camera", "Use the camera", post, { capture: "environment" }),
          h("button", { class: "quiet", type: "button", onclick: drawn }, "Try a drawn cat"),
        ),
      ),
      h(
        "p",
        { class: "muted small" },
        `The photo goes to this server only. It keeps the network's input, ${size([height, width])} pixels, for a while ` +
          "(an hour, unless its owner chose otherwise), so that you can look inside; never the photo itself.",
      ),
    ),
    h(
      "ol",
      { class: "steps" },
      step("Network", `All ${network.layers.length} layers from the photo to the probabilities, each with what it made of your photo.`),
      step("Layer", "Every map of a layer on one scale, with the filter that made it."),
      step("Number", "Any number as a receipt: what was multiplied, what was added, down to the pixels."),
    ),
  );
}

/** The same under the name that views have. */
export const show = invite;

function step(name, text) {
  return h("li", {}, h("strong", {}, name), h("span", {}, text));
}
