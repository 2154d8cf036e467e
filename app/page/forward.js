/** Who used a number: on to the next layer, and so to the answer. */

import { fill, h } from "./dom.js";
import { unitPath } from "./units.js";
import { count } from "./words.js";

const MOST = 64; // units that are linked at a time

/**
 * @param {HTMLElement} place
 * @param {any} receipt
 * @param {any} scene
 */
export function showUses(place, receipt, scene) {
  const { used_by: used } = receipt;
  const { context, layers } = scene;
  if (!used) {
    fill(place, h("p", { class: "note" }, receipt.kind === "softmax" ? "This is the answer: nothing comes after it." : "No window of the next layer lies on this number."));
    return;
  }
  const next = layers.find(({ name }) => name === used.layer);
  const places = used.y === null ? [[null, null]] : cells(used.y, used.x);
  const channels = used.channels[1] - used.channels[0] + 1;
  const links = h("div", { class: "row uses" });
  const labels = context.network.labels;
  const vector = used.y === null && channels <= MOST;
  const name = (channel) => (vector && labels.length === channels ? labels[channel] : `${used.layer} ${channel}`);
  const show = (channel) => {
    const shown = vector ? range(used.channels).map((one) => [one, null, null]) : places.slice(0, MOST).map(([y, x]) => [channel, y, x]);
    fill(
      links,
      shown.map(([one, y, x]) =>
        h("a", { class: "button quiet", href: context.link(unitPath({ layer: next, channel: one, y, x })) }, y === null ? name(one) : `y ${y}, x ${x}`),
      ),
    );
  };
  const chooser = h("input", { type: "number", min: used.channels[0], max: used.channels[1], value: used.channels[0], id: "use-channel" });
  chooser.addEventListener("change", () => {
    const channel = Math.min(used.channels[1], Math.max(used.channels[0], Math.round(Number(chooser.value)) || 0));
    chooser.value = channel;
    show(channel);
  });
  show(used.channels[0]);
  fill(
    place,
    h(
      "section",
      { class: "uses-of" },
      h("h2", {}, `Used by ${used.layer}`),
      h("p", { class: "muted" }, places.length * channels === 1 ? "One number there took this one in:" : `${count(places.length * channels)} numbers there took this one in. Go on to one of them:`),
      !vector && channels > 1 && h("label", { class: "row", for: "use-channel" }, "channel", chooser),
      links,
    ),
  );
}

function range([from, to]) {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function cells(rows, columns) {
  return range(rows).flatMap((y) => range(columns).map((x) => [y, x]));
}
