/** All filters side by side; one of them is chosen, with the pointer or the arrow keys. */
import { fill, h } from "./dom.js";

/** @param {(filter: number) => void} onPick */
export function makeWall(onPick) {
  let chosen = 0;
  const element = h("div", {
    class: "learning-wall",
    role: "listbox",
    "aria-label": "Filters",
    "aria-orientation": "horizontal",
    onclick: (event) => pick(Number(event.target.closest("[data-index]")?.dataset.index ?? -1)),
    onkeydown: pressed,
  });

  function pick(index) {
    if (index < 0) return;
    chosen = index;
    mark();
    element.children[index].focus();
    onPick(index);
  }

  function mark() {
    [...element.children].forEach((item, at) => {
      item.tabIndex = at === chosen ? 0 : -1;
      item.setAttribute("aria-selected", String(at === chosen));
    });
  }

  function pressed(event) {
    const items = [...element.children];
    const second = items.findIndex((item) => item.offsetTop > items[0].offsetTop);
    const across = second < 0 ? items.length : second;
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -across,
      ArrowDown: across,
      Home: -chosen,
      End: items.length,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(items.length - 1, chosen + steps[event.key])));
  }

  return {
    element,
    /** Makes room for so many; the first is chosen. @param {number} filters */
    rebuild(filters) {
      chosen = 0;
      const item = (index) =>
        h("div", { role: "option", class: "learning-filter", "data-index": index, "aria-label": `Filter ${index}` });
      fill(
        element,
        Array.from({ length: filters }, (_, index) => item(index)),
      );
      mark();
    },
    /** @param {(filter: number) => Element} picture */
    draw: (picture) => [...element.children].forEach((item, index) => fill(item, picture(index), h("span", {}, index))),
  };
}
