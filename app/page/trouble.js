/** What went wrong, in words, and what to do about it. Whatever was there before stays. */

import { fill, h } from "./dom.js";

const ADVICE = {
  server_gone: "The page keeps what it has. Start the server again, or check the connection, and try again.",
  too_slow: "It may be busy. Try again in a moment.",
  overloaded: "Others are asking, too. Try again in a moment.",
  rate_exceeded: "The server counts photos by the minute. Try again in a moment.",
  key_wrong: "Ask whoever runs this server for one.",
  not_ready: "The network is still being loaded. Try again in a few seconds.",
  image_unknown: "The server keeps the network's input for a while only, and only for networks that still answer. Drop the photo again to go on.",
  body_too_large: "Make the file smaller, for instance by saving it as JPEG with half the width.",
  too_many_pixels: "Scale the photo down first; the network looks at a small square anyway.",
  not_an_image: "Choose a photo: JPEG, PNG, WebP, GIF, BMP or AVIF.",
  format_unsupported: "Save it as JPEG or PNG, and drop it again.",
  photo_truncated: "The file ends too early. Fetch it once more from where it came.",
  layer_unknown: "This link may be of another network.",
  model_unknown: "It may have been here before. The usual one answers instead.",
};
const HOPELESS = new Set([
  "not_an_image", "format_unsupported", "body_too_large", "too_many_pixels", "photo_truncated", "photo_undecodable",
  "image_unknown", "layer_unknown", "model_unknown", "parameter_invalid",
]);

/**
 * Says what went wrong, above the view.
 * @param {Error} error a `Problem`, or a mistake of this page's own
 * @param {() => void} [again] tries once more
 * @param {string} [words] on the button for that
 */
export function showTrouble(error, again, words = "Try again") {
  const title = error.title ?? "This page made a mistake";
  const detail = error.detail ?? String(error.message);
  const advice = ADVICE[error.code];
  fill(
    document.getElementById("trouble"),
    h(
      "div",
      { class: "note bad", dataset: { code: error.code ?? "page" } },
      h("p", {}, h("strong", {}, title.replace(/\.?$/, ".")), " ", detail),
      advice && h("p", {}, advice),
      h(
        "p",
        { class: "row" },
        again && !HOPELESS.has(error.code) && h("button", { type: "button", onclick: again }, words),
        h("button", { type: "button", class: "quiet", onclick: clearTrouble }, "Close"),
      ),
    ),
  );
}

/** Says what is worth knowing, too, though it is no trouble. @param {string} text */
export function showNote(text) {
  const note = h("div", { class: "note row" }, h("p", {}, text));
  note.append(h("button", { type: "button", class: "quiet", onclick: () => note.remove() }, "Close"));
  document.getElementById("trouble").append(note);
}

/** Takes the message away. */
export function clearTrouble() {
  fill(document.getElementById("trouble"));
}
