/** The terms of a number that is made of a whole vector: the weightiest first, each with its own receipt. */

import { h } from "./dom.js";
import { balance } from "./receipt.js";
import { unitPath } from "./units.js";
import { number, plural, signed } from "./words.js";

const AT_ONCE = 24;

/**
 * @param {any} receipt
 * @param {any} scene
 */
export function termList(receipt, scene) {
  const { terms, powers, kind } = receipt;
  const weight = kind === "softmax" ? (at) => powers[at] : (at) => size(terms[at]);
  const order = [...terms.keys()].sort((one, other) => weight(other) - weight(one) || one - other);
  const reach = size(terms[order[0]]) || 1;
  const body = h("tbody");
  const more = h("button", { type: "button", class: "quiet" });
  let shown = 0;

  function grow(by) {
    for (const at of order.slice(shown, shown + by)) body.append(row(at));
    shown = Math.min(order.length, shown + by);
    more.hidden = shown === order.length;
    more.textContent = `Show more of the ${plural(order.length, "term")}`;
  }

  function row(at) {
    const term = terms[at];
    const name = nameOf(term, scene);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: scene.context.link(unitPath({ ...term, layer: scene.before })) }, name)),
      h("td", { class: "number" }, number(term.value)),
      h("td", { class: "number" }, `× ${number(term.weight)}`),
      h("td", { class: "number" }, signed(term.product)),
      h("td", {}, kind === "softmax" ? h("span", { class: "number" }, number(powers[at])) : balance(term.product, reach)),
    );
  }

  more.addEventListener("click", () => grow(4 * AT_ONCE));
  grow(AT_ONCE);
  const last = kind === "softmax" ? "e to that power, less the largest" : "adds or takes away";
  const heads = [scene.before.name, "number", "weight", "product", last];
  return h(
    "div",
    {},
    h("p", { class: "muted small" }, "The largest first. Each number opens its own receipt."),
    h(
      "div",
      { class: "scrolls tall", tabindex: "0", role: "region", "aria-label": "Terms" },
      h("table", { class: "terms" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), body),
    ),
    more,
  );
}

function size({ product }) {
  return Math.abs(product ?? 0);
}

function nameOf({ channel }, { context, before, mapsBefore }) {
  const { labels, layers } = context.network;
  const classes = labels.length === mapsBefore.channels && layers.slice(-2).some(({ name }) => name === before.name);
  return classes ? labels[channel] : `${before.name} ${channel}`;
}
