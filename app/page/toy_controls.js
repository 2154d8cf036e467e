/** What the toy is set with: pictures and filters to begin with, switches, choices, buttons. */
import { h } from "./dom.js";

/**
 * A small drawing of a grid's numbers, for a button that has a name besides.
 * @param {import("./toy_arithmetic.js").Grid} grid
 * @returns {SVGElement}
 */
export function thumbnail({ rows, columns, cells }) {
  const most = Math.max(...cells.map(Math.abs), Number.MIN_VALUE);
  return h(
    "svg:svg",
    { viewBox: `0 0 ${columns} ${rows}`, "aria-hidden": "true", class: "toy-thumbnail" },
    cells.map((value, index) =>
      h("svg:rect", {
        x: (index % columns) + 0.04,
        y: Math.floor(index / columns) + 0.04,
        width: 0.92,
        height: 0.92,
        class: value < 0 ? "below" : value > 0 ? "above" : "zero",
        "fill-opacity": value === 0 ? 1 : 0.25 + (0.75 * Math.abs(value)) / most,
      }),
    ),
  );
}

/**
 * Buttons of which one may be the present state.
 * @param {string} name
 * @param {{name: string, grid: import("./toy_arithmetic.js").Grid}[]} choices
 * @param {(choice: any) => void} onChoose
 * @param {...Node} others beside them
 */
export function presets(name, choices, onChoose, ...others) {
  const buttons = choices.map((choice) =>
    h(
      "button",
      { type: "button", class: "toy-preset", "aria-pressed": "false", onclick: () => onChoose(choice) },
      thumbnail(choice.grid),
      choice.name,
    ),
  );
  const element = h(
    "div",
    { class: "toy-presets", role: "group", "aria-label": name },
    h("span", { class: "toy-presets-name", "aria-hidden": "true" }, name),
    buttons,
    others,
  );
  return {
    element,
    /** @param {(choice: any) => boolean} isChosen */
    show: (isChosen) =>
      buttons.forEach((button, i) => {
        const pressed = String(isChosen(choices[i]));
        if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
      }),
  };
}

/** @param {string} label @param {boolean} on @param {(on: boolean) => void} onChange */
export function toggle(label, on, onChange) {
  const box = h("input", { type: "checkbox", role: "switch", checked: on, onchange: () => onChange(box.checked) });
  return h("label", { class: "toy-switch" }, box, h("span", {}, label));
}

/**
 * One of a few values.
 * @param {string} legend
 * @param {[string, string][]} options value and words
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function choice(legend, options, value, onChange) {
  const name = `toy-${legend.toLowerCase()}`;
  return h(
    "fieldset",
    { class: "toy-choice" },
    h("legend", {}, legend),
    h(
      "span",
      { class: "toy-options" },
      options.map(([one, words]) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name, value: one, checked: one === value, onchange: () => onChange(one) }),
          h("span", {}, words),
        ),
      ),
    ),
  );
}

/** @param {string} text @param {() => void} onclick @param {Object<string, any>} [more] */
export function button(text, onclick, more = {}) {
  return h("button", { type: "button", class: "button quiet", onclick, ...more }, text);
}
