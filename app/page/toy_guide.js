/** Beside the boards: small tasks that are seen done, and how everything is to be read. */
import { h } from "./dom.js";
import { MISSIONS } from "./toy_missions.js";

/** @param {(text: string) => void} say */
export function makeTasks(say) {
  const learnt = new Set();
  const counted = h("span", { class: "muted" }, `0 of ${MISSIONS.length}`);
  const list = h(
    "ol",
    { class: "toy-missions" },
    MISSIONS.map(({ task }) =>
      h("li", {}, h("span", { class: "toy-tick", "aria-hidden": "true" }, "○"), h("span", {}, task)),
    ),
  );

  function tick(index) {
    const { learnt: lesson } = MISSIONS[index];
    learnt.add(index);
    const item = list.children[index];
    item.classList.add("done");
    item.querySelector(".toy-tick").textContent = "✓";
    item.append(h("p", { class: "toy-lesson" }, h("span", { class: "away" }, "Done. "), lesson));
    counted.textContent = `${learnt.size} of ${MISSIONS.length}`;
    say(`Done: ${lesson}`);
  }

  return {
    element: h("section", { class: "card" }, h("h2", {}, "Try this ", counted), list),
    /** Ticks what is done for the first time. */
    judge: (toy, results) =>
      MISSIONS.forEach(({ done }, index) => !learnt.has(index) && done(toy, results) && tick(index)),
  };
}

/** How the boards are to be read and changed. */
export function legend() {
  const key = (name) => h("kbd", {}, name);
  const cell = (sign, text) => h("i", { class: `toy-cell ${sign}` }, text);
  const scale = [cell("below", "−"), cell("zero", "0"), cell("above", "+")];
  const lines = [
    [
      h("span", { class: "toy-scale", "aria-hidden": "true" }, scale),
      "Blue is below zero, red above; the stronger, the farther from zero. Picture and filter have a scale each, ",
      "the other three share one.",
    ],
    [
      "The thick frame is what the chosen number sees. A number of the picture shows, underlined, every answer it ",
      "goes into.",
    ],
    [
      "★ is the largest of its 2 × 2 window. “+ edges” pools cells at the edge that have no whole window, too; the ",
      "article does so.",
    ],
    [
      ["Change a cell with a click, with ", key("0"), "–", key("9"), ", ", key("−"), ", ", key("Page up"), " and "],
      [key("Page down"), "; walk with the arrow keys."],
    ],
  ];
  return h(
    "section",
    { class: "card toy-keys" },
    h("h2", {}, "How to read it"),
    h(
      "ul",
      {},
      lines.map((line) => h("li", {}, line)),
    ),
  );
}
