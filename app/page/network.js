/** The whole network on one page: from the photo to the probabilities, each layer with its maps at a glance. */

import { showAnswer } from "./answer.js";
import { url } from "./api.js";
import { loadColours, tableOf } from "./colours.js";
import { copyRow } from "./copy.js";
import { h } from "./dom.js";
import { allLayers, fetchMaps, layerLimits, mapsPath, paint, paintColours } from "./maps.js";
import { exactly } from "./networks.js";
import { count, kind, number, percent, plural, sentence, size } from "./words.js";

const TILES = 6; // of a layer's maps on its card
const CELLS = 4096; // of a vector on its card

/**
 * @param {HTMLElement} root
 * @param {any} context
 */
export async function show(root, context) {
  const { network, photo } = context;
  showAnswer(root, context);
  const strip = h("div", { class: "strip" });
  root.append(
    h("h2", {}, "Through the network"),
    h(
      "p",
      { class: "muted" },
      `${plural(network.layers.length, "layer")}, a row for each size of map. On each card: the ${TILES} maps that vary most for your ` +
        "photo, on one scale. Open a card to see them all.",
    ),
    strip,
    copyRow([
      { name: "the network", path: url("/layers", exactly(network)), file: "layers.json" },
      { name: "all layers in numbers", path: mapsPath(null, photo.id, { format: "json" }), file: "layers-of-photo.json" },
    ]),
  );
  const cards = new Map();
  for (const stage of stages(allLayers(network))) strip.append(row(stage, context, cards));
  strip.addEventListener("keydown", (event) => step(event, [...cards.values()]));
  await loadColours();
  return watch(cards, context);
}

/** Consecutive layers whose maps have the same size. */
export function stages(layers) {
  const found = [];
  for (const layer of layers) {
    const title = layer.shape.length === 3 ? `${layer.shape[0]} × ${layer.shape[1]}` : "Numbers without a place";
    if (found.at(-1)?.title !== title) found.push({ title, layers: [] });
    found.at(-1).layers.push(layer);
  }
  return found;
}

function row({ title, layers }, context, cards) {
  return h(
    "section",
    { class: "stage-row", "aria-label": title },
    h("h3", {}, title),
    h(
      "ul",
      { class: "cards" },
      layers.map((layer) => {
        const made = card(layer, context);
        cards.set(layer, made);
        return h("li", {}, made);
      }),
    ),
  );
}

function card(layer, { link }) {
  const [height, width] = layer.shape.length === 3 ? layer.shape : [1, 1];
  const glance = h("div", { class: layer.shape.length === 3 ? "glance" : "glance vector", "aria-hidden": "true" });
  glance.style.setProperty("--ratio", `${width} / ${height}`);
  const weights = layer.parameters ? ` · ${count(layer.parameters)} weights` : "";
  return h(
    "a",
    { class: `layer-card kind-${layer.kind}`, href: link(`/layer/${encodeURIComponent(layer.name)}`), dataset: { layer: layer.name } },
    h("span", { class: "head" }, h("strong", {}, layer.name), h("span", { class: "kind" }, kind(layer))),
    glance,
    h("span", { class: "size" }, size(layer.shape), weights),
    h("span", { class: "sentence" }, sentence(layer)),
    h("span", { class: "found small" }),
  );
}

/** Fetches a layer's maps when its card comes near the screen. */
function watch(cards, { photo, network, trouble }) {
  const byCard = new Map([...cards].map(([layer, made]) => [made, layer]));
  let gone = false;
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        const layer = byCard.get(target);
        fetchMaps(layer, photo.id).then(
          (maps) => gone || glanceAt(target, layer, maps, network),
          (error) => gone || trouble(error),
        );
      }
    },
    { rootMargin: "400px" },
  );
  for (const made of cards.values()) seen.observe(made);
  return () => {
    gone = true;
    seen.disconnect();
  };
}

function glanceAt(made, layer, maps, network) {
  const glance = made.querySelector(".glance");
  if (layer.shape.length === 3) glance.replaceChildren(...pictures(layer, maps));
  else glance.replaceChildren(maps.channels <= 16 ? columns(layer, maps, network.labels) : cells(layer, maps));
  made.querySelector(".found").textContent = found(layer, maps);
  made.classList.add("drawn");
  performance.mark("maps");
}

function pictures(layer, maps) {
  if (layer.kind === "input") {
    const canvas = h("canvas", { class: "pixels whole" });
    paintColours(canvas, maps);
    return [canvas];
  }
  const table = tableOf(layer);
  const limits = layerLimits(maps, table);
  return maps
    .byVariance()
    .slice(0, TILES)
    .map((channel) => {
      const canvas = h("canvas", { class: "pixels" });
      paint(canvas, maps, channel, limits, table);
      return canvas;
    });
}

/** A short vector as bars; the classes' names where it has one number a class. */
function columns(layer, maps, labels) {
  const [low, high] = maps.range();
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return h(
    "span",
    { class: "columns" },
    [...maps.data].map((value, at) =>
      h(
        "span",
        { class: value < 0 ? "column below" : "column" },
        h("span", { class: "name" }, labels.length === maps.channels ? labels[at] : at),
        h("span", { class: "track" }, h("span", { class: "bar", style: { width: `${(100 * Math.abs(value)) / reach}%` } })),
        h("span", { class: "value" }, layer.kind === "softmax" ? percent(value) : number(value, 3)),
      ),
    ),
  );
}

/** A long vector as a field of cells, in its own order. */
function cells(layer, maps) {
  const canvas = h("canvas", { class: "pixels" });
  const shown = Math.min(CELLS, maps.channels);
  const width = Math.ceil(Math.sqrt(shown * 1.5));
  const height = Math.ceil(shown / width);
  const data = new Float32Array(width * height);
  data.set(maps.data.subarray(0, shown));
  const table = tableOf(layer);
  paint(canvas, { data, width, height, channels: 1 }, 0, layerLimits(maps, table), table);
  for (let cell = shown; cell < width * height; cell++) {
    canvas.getContext("2d").clearRect(cell % width, Math.floor(cell / width), 1, 1);
  }
  return canvas;
}

function found(layer, maps) {
  const silent = [...Array(maps.channels).keys()].filter((channel) => maps.facts(channel).silent).length;
  const [low, high] = maps.range();
  const dead = silent ? `; ${silent} of ${maps.channels} silent` : "";
  const more = maps.flat && maps.channels > CELLS ? `; the first ${count(CELLS)} drawn` : "";
  return `${number(low, 3)} to ${number(high, 3)}${dead}${more}`;
}

/** Arrows walk from card to card, Home and End to the ends. */
function step(event, cards) {
  const at = cards.indexOf(event.target.closest(".layer-card"));
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: cards.length - 1 }[event.key];
  if (at < 0 || to === undefined || !cards[to]) return;
  event.preventDefault();
  cards[to].focus();
}
