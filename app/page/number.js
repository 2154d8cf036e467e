/** One number as a receipt: what was multiplied, what was added, and what it becomes; step by step to the pixels. */

import { loadColours } from "./colours.js";
import { copyRow } from "./copy.js";
import { crumbs, escapeGoesUp } from "./crumbs.js";
import { fill, h } from "./dom.js";
import { showField } from "./field.js";
import { showUses } from "./forward.js";
import { allLayers, fetchMaps } from "./maps.js";
import { showReceipt } from "./receipt.js";
import { unitName, unitPath, unitQuery } from "./units.js";
import { makeWalker } from "./walker.js";
import { exact } from "./words.js";

/**
 * @param {HTMLElement} root
 * @param {any} context
 */
export async function show(root, context) {
  const { network, photo, api, link, say } = context;
  const layers = allLayers(network);
  const unit = asked(context.parts, layers, api);
  const before = layers.find(({ name }) => name === unit.layer.input) ?? null;
  const needed = [fetchMaps(unit.layer, photo.id), before && fetchMaps(before, photo.id), loadColours()];
  const [maps, mapsBefore] = await Promise.all(needed);
  const scene = { unit, before, maps, mapsBefore, context, layers };
  const [way, title, words] = [h("div"), h("h1"), h("p", { class: "lead" })];
  const [walkerPlace, receiptPlace, fieldPlace, usesPlace, taken] = [h("div"), h("div"), h("div"), h("div"), h("div")];
  let [turn, nav] = [0, null];

  async function visit(next, quietly = false) {
    const mine = ++turn;
    const receipt = await api.json(api.url("/receipts", { image_id: photo.id, ...unitQuery(next) }));
    if (mine !== turn) return;
    Object.assign(unit, next);
    history.replaceState(null, "", link(unitPath(unit)));
    nav = crumbs({ ...context, query: new URLSearchParams({ channel: unit.channel }) }, unit.layer, unitName(unit));
    fill(way, nav);
    fill(title, exact(receipt.output), h("span", { class: "sure" }, ` ${receipt.label ?? unit.layer.name}${receipt.label ? "" : `, ${unitName(unit)}`}`));
    words.textContent = receipt.sentence;
    walker?.move(unit);
    showReceipt(receiptPlace, receipt, scene, { point: (term, all) => walker?.point(term, all) });
    showUses(usesPlace, receipt, scene);
    showField(fieldPlace, receipt, scene).catch(context.trouble);
    fill(taken, takeAlong(unit, photo, api));
    if (!quietly) say(receipt.sentence);
  }

  const careful = (next, quietly) => visit(next, quietly).catch(context.trouble);
  const walker = maps.flat ? null : makeWalker(scene, careful);
  if (walker) walkerPlace.append(walker.root);
  root.append(
    way, title, words,
    h("div", { class: "number-view" }, receiptPlace, h("div", { class: "places" }, walkerPlace, fieldPlace)),
    usesPlace, taken,
  );
  await visit(unit, true);
  const still = escapeGoesUp({ goUp: () => nav?.goUp() });
  return () => {
    turn++;
    walker?.stop();
    still();
  };
}

/** The unit that the address names: layer, channel, y and x; or layer and unit. */
function asked([name, ...indices], layers, api) {
  const layer = layers.find((one) => one.name === name);
  if (!layer) {
    const known = layers.map((one) => one.name).join(", ");
    throw new api.Problem("layer_unknown", "The network has no such layer", `Expected one of ${known}; received: ${name}.`);
  }
  const [channel, y, x] = indices.map(Number);
  const flat = layer.shape.length === 1;
  const wanted = flat ? 1 : 3;
  if (indices.length !== wanted || indices.some((text) => !/^\d+$/.test(text))) {
    const form = flat ? "a unit" : "a channel, y and x";
    throw new api.Problem("parameter_invalid", "This link does not name a number", `Expected ${form} after ${name}; received: ${indices.join("/") || "nothing"}.`);
  }
  return { layer, channel, y: flat ? null : y, x: flat ? null : x };
}

function takeAlong(unit, photo, api) {
  const query = { image_id: photo.id, ...unitQuery(unit) };
  const name = `${unit.layer.name}-${[unit.channel, unit.y, unit.x].filter((one) => one !== null).join("-")}`;
  return copyRow([
    { name: "this receipt (JSON)", path: api.url("/receipts", query), file: `${name}.json` },
    { name: "what it can see (PNG)", path: api.url("/receptive-fields", { ...query, format: "png" }), file: `${name}-sees.png` },
  ]);
}
