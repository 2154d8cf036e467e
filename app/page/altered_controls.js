/** What is done to the photo, and how much: the choice of an experiment, its slider, and the way back. */
import { h } from "./dom.js";

/**
 * @param {import("./alterations.js").Alteration[]} all
 * @param {{onChoose: (one: import("./alterations.js").Alteration) => void, onSlide: (value: number) => void, onReset: () => void}} options
 */
export function makeControls(all, { onChoose, onSlide, onReset }) {
  const boxes = all.map((one) =>
    h("input", { type: "radio", name: "alteration", value: one.key, onchange: () => onChoose(one) }),
  );
  const why = h("p", { class: "experiment-why" });
  const slider = h("input", { type: "range", class: "experiment-slider", oninput: () => onSlide(Number(slider.value)) });
  const position = h("output", { class: "experiment-position" });
  const reset = h("button", { type: "button", class: "quiet", onclick: onReset }, "Back to unaltered");
  return {
    choices: [
      h(
        "fieldset",
        { class: "experiment-choices" },
        h("legend", {}, "What happens to the photo?"),
        all.map(({ name }, index) => h("label", {}, boxes[index], h("span", {}, name))),
      ),
      why,
    ],
    setting: [h("div", { class: "row experiment-setting" }, position, reset), slider],
    /** Another experiment, with a slider of its own. @param {import("./alterations.js").Alteration} alteration */
    choose(alteration) {
      const { least, most, step, name } = alteration;
      Object.assign(slider, { min: least, max: most, step });
      slider.setAttribute("aria-label", name);
      why.textContent = alteration.why;
      boxes.forEach((box, index) => (box.checked = all[index] === alteration));
    },
    /** @param {import("./alterations.js").Alteration} alteration @param {number} value */
    slide(alteration, value) {
      const words = alteration.words(value);
      slider.value = String(value);
      slider.setAttribute("aria-valuetext", words);
      position.textContent = words;
      reset.setAttribute("aria-disabled", String(value === alteration.rest));
    },
  };
}
