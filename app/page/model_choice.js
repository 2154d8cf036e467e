/** Which network the whole walk is about; there is nothing to choose where only one is served. */

import { fill, h } from "./dom.js";
import { canAnswer } from "./networks.js";

/**
 * @param {HTMLElement} place
 * @param {(name: string) => void} choose
 */
export function makeModelChoice(place, choose) {
  const select = h("select", { id: "model", onchange: () => choose(select.value) });
  const label = h("label", { class: "row", for: "model" }, h("span", { class: "muted small" }, "Network"), select);
  return {
    /**
     * @param {any[]} models of GET /models
     * @param {string} chosen the name of the one that is looked at
     */
    draw(models, chosen) {
      const options = models.map((model) => {
        const words = canAnswer(model) ? model.name : `${model.name}: cannot answer`;
        return h("option", { value: model.name, selected: model.name === chosen, disabled: !canAnswer(model) }, words);
      });
      fill(select, options);
      if (models.length < 2) label.remove();
      else if (!label.isConnected) place.append(label); // moved, it would lose the focus
    },
  };
}
