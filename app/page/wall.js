/** All maps of a layer side by side: an ARIA grid with one tab stop. */

import { h } from "./dom.js";
import { drawKernel } from "./kernels.js";
import { paint, under } from "./maps.js";
import { css, inkOn, placer } from "./colours.js";
import { mapSentence, number, percent, signed } from "./words.js";

/**
 * @param {any} view of `layer.js`
 * @param {{point: (channel: number, cell?: [number, number]) => void, leave: () => void, pick: (channel: number) => void}} told
 */
export function makeWall(view, told) {
  const { maps, layer } = view;
  const root = h("div", { class: maps.flat ? "wall numbers" : "wall", role: "grid", "aria-label": `All channels of ${layer.name}` });
  let [tiles, columns, limits, current] = [[], 0, null, 0];

  function tile(channel) {
    const made = h("div", { class: "tile", role: "gridcell", tabindex: "-1", dataset: { channel } });
    made.append(h("span", { class: "label", "aria-hidden": "true" }, name(channel)));
    if (maps.flat) made.append(h("span", { class: "value", "aria-hidden": "true" }, number(maps.data[channel], 3)));
    else {
      const canvas = h("canvas", { class: "pixels map", width: maps.width, height: maps.height });
      made.append(canvas);
      if (view.kernels) made.append(drawKernel(view.kernels, channel, 3));
    }
    made.append(h("span", { class: "extra", hidden: true, "aria-hidden": "true" }), h("span", { class: "badge", hidden: true }));
    return made;
  }

  function name(channel) {
    const { labels } = view.context.network;
    return maps.flat && labels.length === maps.channels ? labels[channel] : String(channel);
  }

  function lay() {
    const style = getComputedStyle(root);
    const wide = parseFloat(style.getPropertyValue("--tile")) || 96;
    const fits = Math.max(1, Math.floor((root.clientWidth + 6) / (wide + 6)));
    if (fits === columns && root.childElementCount) return;
    columns = fits;
    root.style.setProperty("--columns", columns);
    const rows = [];
    for (let at = 0; at < tiles.length; at += columns) rows.push(h("div", { role: "row" }, tiles.slice(at, at + columns)));
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    root.replaceChildren(...rows);
    focused?.focus();
  }

  function paintTile(made) {
    const channel = Number(made.dataset.channel);
    const range = limits(channel);
    const facts = maps.facts(channel);
    if (maps.flat) {
      const at = placer(range, view.table)(maps.data[channel]);
      made.style.setProperty("background", css(view.table, at));
      made.style.setProperty("color", inkOn(view.table, at));
    } else paint(made.querySelector(".map"), maps, channel, range, view.table);
    const clipped = maps.clipped(channel, range);
    const badge = made.querySelector(".badge");
    badge.hidden = !(facts.silent && !maps.flat) && !clipped;
    badge.textContent = facts.silent ? "silent" : `${percent(clipped)} clipped`;
    const extra = made.querySelector(".extra");
    extra.hidden = view.order !== "effect";
    extra.textContent = signed(effectOf(view, channel) ?? 0, 2);
    const effect = view.order === "effect" ? ` Effect ${number(effectOf(view, channel))}.` : "";
    const words = maps.flat ? `${layer.name}, ${name(channel)}: ${number(facts.maximum)}.` : mapSentence(layer.name, channel, facts, maps.shape);
    made.setAttribute("aria-label", words + effect + (clipped ? ` ${percent(clipped)} outside of the scale.` : ""));
  }

  function focusAt(at) {
    if (!tiles[at]) return false;
    tiles[current]?.setAttribute("tabindex", "-1");
    current = at;
    tiles[at].setAttribute("tabindex", "0");
    return true;
  }

  root.addEventListener("keydown", (event) => {
    const row = Math.floor(current / columns) * columns;
    const to = {
      ArrowRight: current + 1, ArrowLeft: current - 1, ArrowDown: current + columns, ArrowUp: current - columns,
      Home: event.ctrlKey ? 0 : row, End: event.ctrlKey ? tiles.length - 1 : Math.min(row + columns, tiles.length) - 1,
      PageDown: Math.min(tiles.length - 1, current + 4 * columns), PageUp: Math.max(0, current - 4 * columns),
    }[event.key];
    if (event.key === "Enter" || event.key === " ") told.pick(Number(tiles[current].dataset.channel));
    else if (to === undefined) return;
    else if (focusAt(to)) tiles[to].focus();
    event.preventDefault();
  });
  root.addEventListener("focusin", (event) => {
    const made = event.target.closest(".tile");
    if (!made) return;
    focusAt(tiles.indexOf(made));
    told.point(Number(made.dataset.channel));
  });
  root.addEventListener("pointermove", (event) => {
    const made = event.target.closest(".tile");
    if (!made) return;
    const canvas = made.querySelector(".map");
    const over = canvas && event.target === canvas;
    told.point(Number(made.dataset.channel), over ? under(event, canvas, maps) : undefined);
  });
  root.addEventListener("pointerleave", () => told.leave());
  root.addEventListener("click", (event) => {
    const made = event.target.closest(".tile");
    if (made) told.pick(Number(made.dataset.channel));
  });
  const resized = new ResizeObserver(lay);
  resized.observe(root);

  return {
    root,
    /** Puts channels on the wall, in this order. */
    fill(channels) {
      tiles = channels.map(tile);
      columns = 0;
      root.replaceChildren();
      focusAt(0);
      lay();
    },
    draw(each) {
      limits = each;
      tiles.forEach(paintTile);
    },
    stop: () => resized.disconnect(),
  };
}

function effectOf({ statistics }, wanted) {
  return statistics?.channels.find(({ channel }) => channel === wanted)?.effect ?? null;
}
