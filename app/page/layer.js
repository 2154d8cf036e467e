/** One layer: all its maps on one wall with one legend, and the one that is looked at, enlarged. */

import { loadColours, tableOf } from "./colours.js";
import { copyRow } from "./copy.js";
import { crumbs, escapeGoesUp } from "./crumbs.js";
import { h, onFrame } from "./dom.js";
import { fetchKernels, kernelsPath } from "./kernels.js";
import { makeLegend } from "./legend.js";
import { allLayers, fetchMaps, mapsPath } from "./maps.js";
import { makeLens } from "./lens.js";
import { limitsFor, scaleChooser } from "./scale.js";
import { makeWall } from "./wall.js";
import { kind, plural, sentence, size } from "./words.js";

const ORDERS = { index: "number", variance: "variance", effect: "effect" };
const PAGE = 256; // channels on the wall at a time

/**
 * @param {HTMLElement} root
 * @param {any} context
 */
export async function show(root, context) {
  const { network, photo, parts, query, api, keep, say } = context;
  const layers = allLayers(network);
  const layer = layers.find(({ name }) => name === parts[0]);
  if (!layer) {
    const known = layers.map(({ name }) => name).join(", ");
    throw new api.Problem("layer_unknown", "The network has no such layer", `Expected one of ${known}; received: ${parts[0]}.`);
  }
  const [maps, kernels] = await Promise.all([fetchMaps(layer, photo.id), fetchKernels(layer, network), loadColours()]);
  const channels = maps.channels;
  const asked = Number(query.get("channel") ?? NaN);
  const view = {
    layer, maps, kernels, context, table: tableOf(layer),
    order: query.get("sort") in ORDERS ? query.get("sort") : "index",
    scale: query.get("scale") ?? "layer",
    page: 0, sequence: [...Array(channels).keys()], statistics: null,
    channel: Number.isInteger(asked) && asked >= 0 && asked < channels ? asked : null,
  };
  const legend = makeLegend(view.table);
  const lens = makeLens(view, legend);
  const wall = makeWall(view, {
    point: onFrame((channel, cell) => lens.show(channel, cell)),
    leave: () => lens.show(view.channel ?? lens.channel()),
    pick: (channel) => {
      view.channel = channel;
      keep({ channel });
      lens.show(channel);
      lens.enter();
    },
  });
  const redraw = () => {
    const limits = limitsFor(view);
    legend.draw(view, limits);
    wall.draw(limits);
    lens.redraw(limits);
  };
  const pages = h("div", { class: "row pages" });
  const sort = async (order) => {
    const computed = layer.kind === "input" || order === "index"; // of the pixels themselves there are no statistics
    if (!computed) view.statistics ??= await api.json(api.url("/feature-maps/statistics", { image_id: photo.id, layer: layer.name }));
    view.sequence = sequence(view, order);
    view.order = order;
    view.page = 0;
    keep({ sort: order === "index" ? null : order });
    turn();
    say(`Sorted by ${ORDERS[order]}`);
  };
  const turn = () => {
    const last = Math.ceil(channels / PAGE) - 1;
    wall.fill(view.sequence.slice(view.page * PAGE, (view.page + 1) * PAGE));
    pages.replaceChildren(...(last ? pager(view, last, PAGE, turn) : []));
    redraw();
  };
  const sorted = (order) => sort(order).catch(context.trouble);
  const way = crumbs(context, layer);
  root.append(
    way,
    heading(context, layers, layer),
    h(
      "div",
      { class: "row controls" },
      scaleChooser(view, (scale) => {
        keep({ scale: scale === "layer" ? null : scale });
        redraw();
      }),
      orderChooser(view, layer, network, sorted),
    ),
    h("div", { class: "layer-view" }, h("div", { class: "wall-side" }, legend.root, wall.root, pages), lens.root),
    copyRow(requests(view, network, photo.id)),
  );
  if (view.order === "index") turn();
  else await sort(view.order);
  lens.show(view.channel ?? view.sequence[0]);
  const still = escapeGoesUp(way);
  return () => {
    wall.stop();
    still();
  };
}

function heading({ link }, layers, layer) {
  const at = layers.indexOf(layer);
  const neighbour = (other, words) =>
    other && h("a", { class: "button quiet", href: link(`/layer/${encodeURIComponent(other.name)}`) }, words(other.name));
  return h(
    "div",
    { class: "layer-head" },
    h("div", {}, h("h1", {}, layer.name, h("span", { class: "sure" }, ` ${kind(layer)}, ${size(layer.shape)}`)), h("p", { class: "lead" }, sentence(layer), field(layer))),
    h("div", { class: "row" }, neighbour(layers[at - 1], (name) => `← ${name}`), neighbour(layers[at + 1], (name) => `${name} →`)),
  );
}

function field({ receptive_field: seen, shape }) {
  if (!seen || shape.length !== 3 || Math.max(...seen.size) < 2) return "";
  return ` Each number sees ${seen.size.join(" × ")} pixels of the network's input.`;
}

function orderChooser(view, layer, network, sort) {
  const last = layer.name === network.layers.at(-1).name || layer.kind === "input";
  const orders = Object.entries(ORDERS).filter(([order]) => order !== "effect" || !last);
  const select = h(
    "select",
    { id: "order" },
    orders.map(([order, name]) => h("option", { value: order, selected: order === view.order }, name)),
  );
  select.addEventListener("change", () => sort(select.value));
  const hint = "effect: how much of the answer's logit each channel seems to carry (gradient times value)";
  return h("label", { class: "choice", title: hint }, h("span", { class: "muted small" }, "Sort by"), select);
}

function sequence({ statistics, maps }, order) {
  if (order === "index") return [...Array(maps.channels).keys()];
  if (!statistics) return maps.byVariance();
  const channels = [...statistics.channels];
  const by = { variance: (one) => one.deviation ** 2, effect: (one) => one.effect }[order];
  return channels.sort((one, other) => by(other) - by(one) || one.channel - other.channel).map(({ channel }) => channel);
}

function pager(view, last, length, turn) {
  const to = (page) => () => {
    view.page = page;
    turn();
  };
  const [first, end] = [view.page * length, Math.min((view.page + 1) * length, view.maps.channels)];
  return [
    h("button", { class: "quiet", disabled: view.page === 0, onclick: to(view.page - 1) }, "Earlier"),
    h("span", {}, `${first + 1} to ${end} of ${plural(view.maps.channels, "channel")}`),
    h("button", { class: "quiet", disabled: view.page === last, onclick: to(view.page + 1) }, "Later"),
  ];
}

function requests({ layer }, network, photo) {
  const maps = (format, more = {}) => mapsPath(layer.name, photo, { format, ...more });
  const found = [
    { name: "the maps as a picture (PNG)", path: maps("png"), file: `${layer.name}.png` },
    { name: "the maps as numbers (npy)", path: maps("npy"), file: `${layer.name}.npy` },
  ];
  if (layer.kind === "input") return found;
  const statistics = `/feature-maps/statistics?image_id=${photo}&layer=${encodeURIComponent(layer.name)}`;
  found.push({ name: "each channel in numbers (JSON)", path: statistics, file: `${layer.name}-statistics.json` });
  if (!("kernel" in layer.weights)) return found;
  const kernels = kernelsPath(layer, network, { format: "npy" });
  return [...found, { name: "the filters as numbers (npy)", path: kernels, file: `${layer.name}-kernels.npy` }];
}

