/** Switch it off: what the network would answer without some of a layer's channels. Cause and effect. */

import { loadColours, tableOf } from "./colours.js";
import { copyRow } from "./copy.js";
import { fill, h, table } from "./dom.js";
import { fetchMaps } from "./maps.js";
import { precisionNote } from "./precision.js";
import { limitsFor } from "./scale.js";
import { makeWall } from "./wall.js";
import { count, number, percent, plural, signed } from "./words.js";

const LISTED = 20; // channels in the table of what each does alone

/**
 * @param {HTMLElement} root
 * @param {any} context
 */
export async function show(root, context) {
  const { network, photo, parts, query, api, keep, link, go, say, trouble } = context;
  const layers = network.layers.filter(({ kind }) => kind !== "softmax");
  const layer = layers.find(({ name }) => name === parts[0]) ?? favourite(layers);
  const [maps] = await Promise.all([fetchMaps(layer, photo.id), loadColours()]);
  const off = new Set(ranges(query.get("off"), maps.channels));
  const view = { layer, maps, kernels: null, context, table: tableOf(layer), order: "index", scale: "layer", statistics: null };
  const [bars, words, alone, taken] = [h("div"), h("p", { role: "status" }), h("div"), h("div")];
  let [busy, wanted, gone] = [false, false, false];

  const path = () => api.url("/ablations", { image_id: photo.id, layer: layer.name, channels: written(off) });

  async function ask() {
    wanted = true;
    if (busy) return;
    busy = true;
    try {
      while (wanted && !gone) {
        wanted = false;
        keep({ off: written(off) || null });
        const found = off.size ? await api.json(path()) : null;
        if (!wanted && !gone) tell(found);
      }
    } catch (error) {
      if (!gone) trouble(error);
    } finally {
      busy = false;
    }
  }

  function tell(found) {
    const before = found ? found.before.probabilities : Object.fromEntries(photo.answer.predictions.map(({ label, score }) => [label, score]));
    const [after] = found?.without ?? [null];
    fill(bars, compared(network.labels, before, after), precisionNote(found?.precision));
    const switched = `${plural(off.size, "channel")} of ${count(maps.channels)} switched off`;
    words.textContent = after ? `${switched}. ${sentence(photo.answer.label, before, after)}` : "Nothing is switched off yet: choose channels on the wall.";
    fill(taken, after ? copyRow([{ name: "this answer (JSON)", path: path(), file: `without-${layer.name}.json` }]) : "");
  }

  function toggle(channel) {
    if (off.has(channel)) off.delete(channel);
    else off.add(channel);
    mark();
    ask();
  }

  function mark() {
    for (const tile of wall.root.querySelectorAll(".tile")) {
      const channel = Number(tile.dataset.channel);
      tile.setAttribute("aria-selected", String(off.has(channel)));
      tile.classList.toggle("off", off.has(channel));
    }
  }

  async function rank() {
    alone.replaceChildren(h("p", { class: "muted" }, "Switching each off alone …"));
    const found = await api.json(api.url("/ablations", { image_id: photo.id, layer: layer.name, each: true }));
    if (!gone) fill(alone, ranking(found, photo.answer.label, toggle));
  }

  const wall = makeWall(view, { point: () => {}, leave: () => {}, pick: toggle });
  wall.root.setAttribute("aria-multiselectable", "true");
  wall.root.setAttribute("aria-label", `Channels of ${layer.name}: Enter switches one off and on`);
  const all = (chosen) => () => {
    off.clear();
    for (const channel of chosen()) off.add(channel);
    mark();
    ask();
  };
  const select = h("select", { id: "layer" }, layers.map(({ name }) => h("option", { value: name, selected: name === layer.name }, name)));
  select.addEventListener("change", () => go(link(`/switch-off/${encodeURIComponent(select.value)}`)));
  const button = (text, onclick) => h("button", { type: "button", class: "quiet", onclick }, text);
  const everything = [...Array(maps.channels).keys()];
  root.append(
    h("h1", {}, "Switch it off"),
    h("p", { class: "lead" }, "A map shows what a channel looks like. Switch it off to see what it does: its numbers become zero, and the rest of the network computes anew."),
    h(
      "div",
      { class: "row controls" },
      h("label", { class: "row", for: "layer" }, "Layer", select),
      button("All on", all(() => [])),
      button("All off", all(() => everything)),
      button("Turn around", all(() => everything.filter((channel) => !off.has(channel)))),
    ),
    h("div", { class: "switch-view" }, h("div", {}, wall.root), h("div", { class: "outcome card" }, h("h2", {}, "The answer"), bars, words, button("What does each channel do alone?", () => rank().catch(trouble)), alone)),
    taken,
  );
  wall.fill(everything);
  wall.draw(limitsFor(view));
  mark();
  if (off.size) await ask();
  else tell(null);
  say(words.textContent);
  return () => {
    gone = true;
    wall.stop();
  };
}

/** The last layer with maps: few channels decide much there. */
function favourite(layers) {
  return layers.findLast(({ shape }) => shape.length === 3) ?? layers[0];
}

/** "0,5-9" as numbers; nonsense is left out. */
export function ranges(text, most) {
  return (text ?? "").split(",").flatMap((part) => {
    const [from, to = from] = part.split("-").map((one) => (/^\d+$/.test(one) ? Number(one) : NaN));
    return from <= to && to < most ? Array.from({ length: to - from + 1 }, (_, at) => from + at) : [];
  });
}

/** Numbers as "0,5-9". */
export function written(chosen) {
  const found = [];
  for (const one of [...chosen].sort((a, b) => a - b)) {
    if (found.at(-1)?.[1] === one - 1) found.at(-1)[1] = one;
    else found.push([one, one]);
  }
  return found.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(",");
}

function compared(labels, before, after) {
  const order = [...labels].sort((one, other) => before[other] - before[one]);
  return h(
    "ul",
    { class: "bars both" },
    order.map((label) =>
      h(
        "li",
        {},
        h("span", { class: "name" }, label),
        h(
          "span",
          { class: "track", "aria-hidden": "true" },
          h("span", { class: "bar was", style: { width: `${100 * before[label]}%` } }),
          after && h("span", { class: "bar now", style: { width: `${100 * after.probabilities[label]}%` } }),
        ),
        h(
          "span",
          { class: "value" },
          percent((after?.probabilities ?? before)[label]),
          h("span", { class: "muted delta" }, after ? ` logit ${signed(after.differences[label], 3)}` : " "),
        ),
      ),
    ),
  );
}

function sentence(label, before, { probabilities, differences }) {
  const best = Object.keys(probabilities).reduce((one, other) => (probabilities[other] > probabilities[one] ? other : one));
  const moved = `${label}: ${percent(before[label])} before, ${percent(probabilities[label])} now (logit ${signed(differences[label], 3)})`;
  return best === label ? `Still ${label}. ${moved}.` : `Now the answer is ${best}. ${moved}.`;
}

function ranking({ without }, label, toggle) {
  const rows = [...without].sort((one, other) => Math.abs(other.differences[label]) - Math.abs(one.differences[label]));
  const shown = rows.slice(0, LISTED);
  const choose = (channel) => h("button", { type: "button", class: "quiet small", onclick: () => toggle(channel) }, `${channel}`);
  const caption = `The ${shown.length} of ${plural(rows.length, "channel")} whose absence moves ${label} most`;
  return h(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    table(caption, ["channel", `logit of ${label}`, "probability without it"], shown.map((row) => [choose(row.channels[0]), signed(row.differences[label], 4), number(row.probabilities[label])])),
  );
}
