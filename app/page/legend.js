/** The colours beside their numbers. */

import { css } from "./colours.js";
import { h } from "./dom.js";
import { scaleText } from "./scale.js";
import { number } from "./words.js";

/**
 * A bar of a table's colours with its ends, zero, and a mark at the number that is looked at.
 * @param {any} table of `colours.js`
 */
export function makeLegend(table) {
  const levels = table.colours.length / 3;
  const bar = h("canvas", { width: levels, height: 1, class: "pixels", "aria-hidden": "true" });
  const pen = bar.getContext("2d");
  for (let at = 0; at < levels; at++) {
    pen.fillStyle = css(table, at);
    pen.fillRect(at, 0, 1, 1);
  }
  const pin = h("span", { class: "pin", hidden: true, "aria-hidden": "true" });
  const [low, middle, high] = [h("span"), h("span"), h("span")];
  const words = h("p", { class: "muted small" });
  const root = h(
    "div",
    { class: "legend" },
    h("div", { class: "scale" }, bar, pin),
    h("div", { class: "ends" }, low, middle, high),
    words,
  );
  let limits = () => [0, 1];
  return {
    root,
    /** The scale of a view; `each` gives the limits of a channel. */
    draw(view, each) {
      limits = each;
      words.textContent = `${view.words ?? scaleText(view)} ${capital(table.sign)} (${table.name}).`;
      this.ends(0);
    },
    ends(channel) {
      const [from, to] = limits(channel);
      low.textContent = number(from);
      middle.textContent = table.diverging ? "0" : "";
      high.textContent = number(to);
    },
    /** Shows where a number lies. */
    mark(channel, value) {
      const [from, to] = limits(channel);
      this.ends(channel);
      pin.hidden = !Number.isFinite(value);
      const share = to > from ? Math.max(0, Math.min(1, (value - from) / (to - from))) : 0;
      pin.style.setProperty("left", `${100 * share}%`);
    },
  };
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
