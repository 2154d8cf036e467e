/** The map that is looked at, enlarged: its numbers under cursor and keyboard, its filter, a sentence and a table. */

import { disclosed, h, table } from "./dom.js";
import { drawKernel } from "./kernels.js";
import { paint, under } from "./maps.js";
import { exact, mapSentence, number, percent } from "./words.js";

const SLICES = 16; // of a filter

/**
 * @param {any} view of `layer.js`
 * @param {any} legend of `legend.js`
 */
export function makeLens(view, legend) {
  const { maps, layer, context } = view;
  const { height, width } = maps;
  const canvas = h("canvas", { class: "pixels map", width, height });
  const cursor = h("span", { class: "cursor", "aria-hidden": "true" });
  const cell = h("div", { role: "gridcell", tabindex: "0", class: "stage", style: { "aspect-ratio": `${width} / ${height}` } }, canvas, cursor);
  const grid = h("div", { role: "grid", "aria-label": "The cells of the map", class: "lens-grid" }, h("div", { role: "row" }, cell));
  const readout = h("p", { class: "readout", role: "status" });
  const open = h("a", { class: "button" });
  const [title, words, kernel, more] = [h("h2"), h("p", { class: "small" }), h("div"), h("div")];
  const root = h(
    "aside",
    { class: "lens card", "aria-label": "The map that is looked at" },
    title, !maps.flat && grid, readout, h("p", {}, open), words, kernel, more,
  );
  let [channel, y, x, limits] = [null, 0, 0, null];

  function address() {
    const path = `/number/${encodeURIComponent(layer.name)}/${maps.flat ? channel : `${channel}/${y}/${x}`}`;
    return context.link(path);
  }

  function at(row, column) {
    [y, x] = [row, column];
    const value = maps.at(channel, y, x);
    cursor.style.setProperty("left", `${(100 * x) / width}%`);
    cursor.style.setProperty("top", `${(100 * y) / height}%`);
    cursor.style.setProperty("width", `max(${100 / width}%, 6px)`);
    cursor.style.setProperty("height", `max(${100 / height}%, 6px)`);
    readout.textContent = maps.flat ? exact(value) : `y ${y}, x ${x}: ${exact(value)}`;
    cell.setAttribute("aria-label", `y ${y}, x ${x}: ${exact(value)}`);
    open.textContent = maps.flat ? "How did this number come about?" : `Receipt of y ${y}, x ${x}`;
    open.href = address();
    legend.mark(channel, value);
  }

  function describe() {
    const facts = maps.facts(channel);
    const named = maps.flat && context.network.labels.length === maps.channels;
    title.textContent = maps.flat ? (named ? context.network.labels[channel] : `Number ${channel}`) : `Channel ${channel}`;
    words.textContent = maps.flat ? "" : mapSentence(layer.name, channel, facts, maps.shape);
    kernel.replaceChildren(...(view.kernels ? [filter(view.kernels, channel)] : []));
    const [shown, effect] = [channel, effectOf(view, channel)];
    more.replaceChildren(
      ...[
        effect !== null && h("p", { class: "small" }, `Effect on ${view.statistics.label}: ${number(effect)} logits.`),
        !maps.flat && disclosed("All its numbers", () => numbers(maps, layer, shown)),
      ].filter(Boolean),
    );
    if (limits && !maps.flat) paintMap();
  }

  function paintMap() {
    paint(canvas, maps, channel, limits(channel), view.table);
  }

  cell.addEventListener("keydown", (event) => {
    const to = {
      ArrowRight: [y, x + 1], ArrowLeft: [y, x - 1], ArrowDown: [y + 1, x], ArrowUp: [y - 1, x],
      Home: event.ctrlKey ? [0, 0] : [y, 0], End: event.ctrlKey ? [height - 1, width - 1] : [y, width - 1],
      PageUp: [Math.max(0, y - 8), x], PageDown: [Math.min(height - 1, y + 8), x],
    }[event.key];
    if (event.key === "Enter" || event.key === " ") context.go(address());
    else if (event.key === "Escape") document.querySelector(`.tile[data-channel="${channel}"]`)?.focus();
    else if (!to) return;
    else if (to[0] >= 0 && to[1] >= 0 && to[0] < height && to[1] < width) at(...to);
    event.preventDefault();
  });
  cell.addEventListener("pointermove", (event) => at(...under(event, canvas, maps)));
  cell.addEventListener("click", () => context.go(address()));

  return {
    root,
    /** Looks at a channel, and at one of its cells; at its strongest without any. */
    show(wanted, where) {
      const changed = wanted !== channel;
      channel = wanted;
      if (changed) {
        describe();
        mark(channel);
      }
      const { y: top, x: left } = maps.facts(channel);
      if (where) at(...where);
      else if (changed) at(top, left);
    },
    redraw(each) {
      limits = each;
      if (channel === null) return;
      if (!maps.flat) paintMap();
      at(y, x);
    },
    channel: () => channel,
    /** Takes the keyboard. */
    enter: () => (maps.flat ? open : cell).focus(),
  };
}

function mark(channel) {
  for (const tile of document.querySelectorAll(".tile[aria-selected]")) tile.removeAttribute("aria-selected");
  document.querySelector(`.tile[data-channel="${channel}"]`)?.setAttribute("aria-selected", "true");
}

function filter(kernels, channel) {
  const rest = kernels.inputs > SLICES ? `, the ${SLICES} of ${kernels.inputs} slices with the largest weights` : "";
  return h(
    "figure",
    { class: "filter" },
    drawKernel(kernels, channel, SLICES),
    h("figcaption", {}, `The filter that made it, ${kernels.rows} × ${kernels.columns} × ${kernels.inputs}${rest}. Red adds, blue takes away; up to ${number(kernels.reach)}.`),
  );
}

function effectOf({ statistics }, wanted) {
  return statistics?.channels.find(({ channel }) => channel === wanted)?.effect ?? null;
}

function numbers(maps, layer, channel) {
  const columns = [...Array(maps.width).keys()];
  const rows = [...Array(maps.height).keys()].map((row) => [row, ...columns.map((column) => number(maps.at(channel, row, column), 3))]);
  const caption = `${layer.name}, channel ${channel}: rows are y, columns x; ${percent(maps.facts(channel).zeros)} are zero`;
  return h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption }, table(caption, ["y", ...columns], rows));
}

