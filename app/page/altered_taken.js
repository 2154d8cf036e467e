/** The altered photo taken along: as a file, and how to ask the same networks about it from a shell. */
import { url } from "./api.js";
import { h } from "./dom.js";
import { exactly } from "./networks.js";

/**
 * @param {import("./altered_side.js").Side[]} sides
 * @param {() => void} download
 * @returns {HTMLElement[]}
 */
export function takeAlong(sides, download) {
  const several = sides.length > 1;
  const command = (path) => `curl --data-binary @altered.png ${several ? `'${location.origin}${path}'` : location.origin + path}`;
  return [
    h("span", { class: "muted small" }, "Take along"),
    h("button", { type: "button", class: "quiet", onclick: download }, "Download the altered photo"),
    ...sides.map(({ network }) =>
      h("code", { class: "small" }, command(url("/predict", several ? exactly(network) : {}))),
    ),
  ];
}
