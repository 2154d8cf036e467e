/** What the toy is played with besides its cells: pictures and filters to begin with, and the switches of each step. */
import { h } from "./dom.js";
import { pushed, same } from "./toy_arithmetic.js";
import { button, choice, presets, toggle } from "./toy_controls.js";
import { FILTERS, PICTURES, randomFilter } from "./toy_pictures.js";

const MOST = 9; // of the bias, and minus that
const ARROWS = [
  ["←", 0, -1, "left"],
  ["→", 0, 1, "right"],
  ["↑", -1, 0, "up"],
  ["↓", 1, 0, "down"],
];
const STRIDES = [
  ["1", "1"],
  ["2", "2"],
];
const POOLINGS = [
  ["off", "off"],
  ["whole", "2 × 2"],
  ["edges", "+ edges"],
];
const OWN = "A filter of your own: click its cells, or type digits and a minus into them.";
const CHANCE = "Nine weights by chance: so a network starts, and training changes them.";

/**
 * @param {any} toy its state; only read
 * @param {any} boards switches are put under the boards they belong to
 * @param {(changes: object, words?: string) => void} set
 */
export function makeSettings(toy, boards, set) {
  const push = (down, right, words) =>
    set({ picture: pushed(toy.picture, down, right), pushes: toy.pushes + 1 }, `Pushed ${words}.`);
  const arrows = ARROWS.map(([arrow, down, right, words]) =>
    button(arrow, () => push(down, right, words), {
      "aria-label": `Push the picture ${words}`,
      title: `Push ${words}`,
    }),
  );
  const pushes = h(
    "span",
    { class: "toy-push", role: "group", "aria-label": "Push the picture" },
    h("span", { "aria-hidden": "true" }, "Push it"),
    arrows,
  );
  const pictures = presets(
    "Picture",
    PICTURES,
    ({ name, grid }) => set({ picture: grid }, `Picture: ${name}.`),
    pushes,
  );
  const filters = presets(
    "Filter",
    FILTERS,
    ({ name, grid, says: words }) => set({ filter: grid }, `Filter: ${name}. ${words}`),
    button("By chance", () => set({ filter: randomFilter() }, CHANCE), { title: CHANCE }),
  );
  const says = h("p", { class: "toy-says" });
  const limited = () => Math.max(-MOST, Math.min(MOST, Math.round(Number(bias.value)) || 0));
  const bias = h("input", {
    type: "number",
    min: -MOST,
    max: MOST,
    step: 1,
    value: 0,
    inputmode: "numeric",
    onchange: () => set({ bias: limited() }),
  });
  const steps = (changes) => set({ steps: { ...toy.steps, ...changes } });

  boards.picture.foot.append(toggle("Padding", toy.steps.padding > 0, (on) => steps({ padding: on ? 1 : 0 })));
  boards.filter.foot.append(
    choice("Stride", STRIDES, String(toy.steps.stride), (stride) => steps({ stride: Number(stride) })),
    h("label", { class: "toy-bias" }, "Bias", bias),
  );
  boards.relu.foot.append(toggle("ReLU", toy.relu, (on) => set({ relu: on }, `ReLU is ${on ? "on" : "off"}.`)));
  boards.pool.foot.append(
    choice("Pooling", POOLINGS, toy.pooling, (pooling) =>
      set({ pooling }, pooling === "off" ? "Pooling is off." : "Pooling is on."),
    ),
  );

  return {
    element: h("div", { class: "toy-choices" }, pictures.element, filters.element, says),
    /** Marks which picture and filter these are, if they are known. */
    draw() {
      pictures.show(({ grid }) => same(grid, toy.picture));
      filters.show(({ grid }) => same(grid, toy.filter));
      const words = FILTERS.find(({ grid }) => same(grid, toy.filter))?.says ?? OWN;
      if (says.textContent !== words) says.textContent = words;
      if (bias.value !== String(toy.bias)) bias.value = String(toy.bias);
    },
  };
}
