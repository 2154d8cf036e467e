/** The way back: network → layer → number. */

import { h } from "./dom.js";

/**
 * @param {any} context
 * @param {{name: string}} layer
 * @param {string} [unit] a number of that layer, in words
 */
export function crumbs({ link, query, go }, layer, unit) {
  const channel = query.get("channel");
  const up = unit ? link(`/layer/${encodeURIComponent(layer.name)}`, { channel }) : link("/");
  const nav = h(
    "nav",
    { class: "crumbs", "aria-label": "Where you are" },
    h("a", { href: link("/") }, "Network"),
    unit ? h("a", { href: up }, layer.name) : h("span", { "aria-current": "page" }, layer.name),
    unit && h("span", { "aria-current": "page" }, unit),
  );
  nav.goUp = () => go(up);
  return nav;
}

/**
 * Escape goes one depth up, unless something inside made use of it.
 * @param {HTMLElement} nav of `crumbs`
 * @returns {() => void} stops that
 */
export function escapeGoesUp(nav) {
  const listener = (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key !== "Escape" || event.defaultPrevented || typing) return;
    event.preventDefault();
    nav.goUp();
  };
  addEventListener("keydown", listener);
  return () => removeEventListener("keydown", listener);
}
