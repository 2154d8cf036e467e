/** What one network answers to the altered photo, beside what it answered to the unaltered one. */
import { points } from "./altered_words.js";
import { sign } from "./curve.js";
import { fill, h } from "./dom.js";
import { builtOf } from "./networks.js";
import { percent } from "./words.js";

/**
 * Bars of all labels in one order, so that none jumps while a slider moves.
 * @param {import("./altered_side.js").Side} side
 * @param {number} series its number among those that answer
 * @param {() => void} again asks once more after a failure
 */
export function makeAnswer({ labels, name, network }, series, again) {
  const bars = labels.map(bar);
  const list = h("ul", { class: "bars experiment-bars", "aria-label": `What ${name} answers` }, bars);
  const [words, trouble] = [h("p", { class: "experiment-moved small" }), h("div", { role: "alert" })];
  const head = h("h3", { class: "experiment-head" }, sign(series), " ", name, h("span", { class: "muted" }, builtOf(network)));
  let said = null; // the failure that is shown: to say it again would be to shout

  function drawTrouble(error) {
    if (error === said) return;
    said = error;
    fill(
      trouble,
      error &&
        h(
          "div",
          { class: "note bad" },
          h("p", {}, h("strong", {}, `No answer${series ? ` of ${name}` : " for this position"}. `), error.message),
          h("button", { type: "button", onclick: again }, "Try again"),
        ),
    );
  }

  return {
    element: h("div", { class: "experiment-side" }, head, list, words, trouble),
    /**
     * @param {object} what
     * @param {Object<string, number>} [what.now] nothing yet: what is shown stays, and is marked as old
     * @param {Object<string, number>} [what.before] the unaltered photo's
     * @param {Error|null} what.trouble
     * @param {string} what.words how far the answer moved
     */
    draw({ now, before, trouble: error, words: text }) {
      list.setAttribute("aria-busy", String(!now));
      words.textContent = text;
      drawTrouble(error);
      labels.forEach((label, index) => drawBar(bars[index], label, now, before));
    },
  };
}

function bar(label, index) {
  return h(
    "li",
    {},
    h("span", { class: "name" }, sign(index), " ", label),
    h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar" }), h("span", { class: "tick", hidden: true })),
    h("span", { class: "value" }),
    h("span", { class: "change muted small" }),
  );
}

function drawBar(item, label, now, before) {
  const tick = item.querySelector(".tick");
  tick.hidden = !before;
  if (before) tick.style.setProperty("left", `${100 * before[label]}%`);
  if (!now) return;
  item.querySelector(".bar").style.setProperty("width", `${100 * now[label]}%`);
  item.classList.toggle("present", now[label] === Math.max(...Object.values(now)));
  item.querySelector(".value").textContent = percent(now[label]);
  item.querySelector(".change").textContent = before ? points(now[label] - before[label]) : "";
}
