/** The map of a number and the map before: walk over the one, and see the window move over the other. */

import { tableOf } from "./colours.js";
import { h } from "./dom.js";
import { layerLimits, paint, under } from "./maps.js";

const STEP_MS = 450; // while it plays

/**
 * @param {any} scene of `number.js`
 * @param {(unit: any, quietly: boolean) => Promise<void>} visit
 */
export function makeWalker(scene, visit) {
  const { unit, before, maps, mapsBefore } = scene;
  const after = plate(maps, unit.layer);
  const source = before && !mapsBefore.flat ? plate(mapsBefore, before) : null;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const play = h("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Play");
  let [timer, input] = [null, null];

  const next = (y, x) => visit({ ...unit, y, x }, timer !== null);
  const inside = (y, x) => y >= 0 && x >= 0 && y < maps.height && x < maps.width;
  const by = (down, across) => () => {
    stop();
    const [y, x] = [unit.y + down, unit.x + across];
    if (inside(y, x)) next(y, x);
  };

  function stop() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  async function step() {
    const at = (unit.y * maps.width + unit.x + 1) % (maps.width * maps.height);
    await next(Math.floor(at / maps.width), at % maps.width);
    if (timer !== null) timer = setTimeout(step, STEP_MS);
  }

  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setTimeout(step, 0);
    return undefined;
  });
  after.stage.tabIndex = 0;
  after.stage.setAttribute("role", "application");
  after.stage.setAttribute("aria-label", `${unit.layer.name}: arrows move to the next number`);
  after.stage.addEventListener("keydown", (event) => {
    const move = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    by(...move)();
  });
  after.stage.addEventListener("click", (event) => {
    stop();
    next(...under(event, after.canvas, maps));
  });

  const arrows = [["←", "left", 0, -1], ["↑", "up", -1, 0], ["↓", "down", 1, 0], ["→", "right", 0, 1]];
  const steps = arrows.map(([sign, name, down, across]) =>
    h("button", { type: "button", class: "quiet", "aria-label": `One step ${name}`, onclick: by(down, across) }, sign),
  );
  return {
    root: h(
      "section",
      { class: "walker" },
      h("h2", {}, "Where it is"),
      h("div", { class: "plates" }, source && h("figure", {}, source.stage, source.caption), h("figure", {}, after.stage, after.caption)),
      h("div", { class: "row", role: "group", "aria-label": "Slide over the map" }, steps, !still && play),
    ),
    move({ channel, y, x }) {
      after.show(channel);
      after.frame(y, x, y, x);
      after.caption.textContent = `${unit.layer.name}, channel ${channel}`;
    },
    /** Shows the window around a term, or around all terms of its channel. */
    point(term, all) {
      if (!source || term.y === null) return;
      if (term.channel !== input) source.show((input = term.channel));
      source.caption.textContent = `${before.name}, channel ${term.channel}`;
      const terms = all ?? [term];
      const [ys, xs] = [terms.map(({ y }) => y), terms.map(({ x }) => x)];
      source.frame(Math.min(...ys), Math.min(...xs), Math.max(...ys), Math.max(...xs));
      source.dot(term.inside ? term : null);
    },
    stop,
  };
}

/** A map with a frame on it. */
function plate(maps, layer) {
  const { height, width } = maps;
  const canvas = h("canvas", { class: "pixels", width, height });
  const [box, dot] = [h("span", { class: "box", hidden: true }), h("span", { class: "dot", hidden: true })];
  const stage = h("div", { class: "plate", style: { "aspect-ratio": `${width} / ${height}` } }, canvas, box, dot);
  const table = tableOf(layer);
  const limits = layerLimits(maps, table);
  const lay = (mark, top, left, bottom, right) => {
    mark.hidden = false;
    mark.style.setProperty("left", `${(100 * left) / width}%`);
    mark.style.setProperty("top", `${(100 * top) / height}%`);
    mark.style.setProperty("width", `${(100 * (right - left + 1)) / width}%`);
    mark.style.setProperty("height", `${(100 * (bottom - top + 1)) / height}%`);
  };
  return {
    stage, canvas,
    caption: h("figcaption"),
    show: (channel) => paint(canvas, maps, channel, limits, table),
    frame: (...edges) => lay(box, ...edges),
    dot(term) {
      dot.hidden = !term;
      if (term) lay(dot, term.y, term.x, term.y, term.x);
    },
  };
}
