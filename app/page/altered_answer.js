/** The answer to the altered photo, beside that to the unaltered one. */
import { points } from "./altered_words.js";
import { sign } from "./curve.js";
import { h } from "./dom.js";
import { percent } from "./words.js";

/**
 * Bars of all labels in the order of the network, so that none jumps while a slider moves.
 * @param {string[]} labels
 * @param {Object<string, number>} before the probabilities of the unaltered photo
 */
export function makeAnswer(labels, before) {
  const bars = labels.map((label, index) =>
    h(
      "li",
      {},
      h("span", { class: "name" }, sign(index), " ", label),
      h(
        "span",
        { class: "track", "aria-hidden": "true" },
        h("span", { class: "bar" }),
        h("span", { class: "tick", style: { left: `${100 * before[label]}%` } }),
      ),
      h("span", { class: "value" }),
      h("span", { class: "change muted small" }),
    ),
  );
  const element = h("ul", { class: "bars experiment-bars" }, bars);
  return {
    element,
    /** @param {Object<string, number>|undefined} now nothing yet: what is shown stays, and is marked as old */
    draw(now) {
      element.setAttribute("aria-busy", String(!now));
      if (!now) return;
      const most = Math.max(...Object.values(now));
      labels.forEach((label, index) => {
        const item = bars[index];
        item.querySelector(".bar").style.setProperty("width", `${100 * now[label]}%`);
        item.classList.toggle("present", now[label] === most);
        item.querySelector(".value").textContent = percent(now[label]);
        item.querySelector(".change").textContent = points(now[label] - before[label]);
      });
    },
  };
}
