/** The bill of a number: its terms, their sum, the bias, and what the rounding came to. */

import { fill, h } from "./dom.js";
import { precisionNote } from "./precision.js";
import { termList } from "./term_list.js";
import { makeWindow } from "./window.js";
import { exact, number, plural, signed } from "./words.js";

/**
 * @param {HTMLElement} place
 * @param {any} receipt of GET /receipts
 * @param {any} scene of `number.js`
 * @param {{point: (term: any) => void}} told which term is looked at
 */
export function showReceipt(place, receipt, scene, told) {
  const { terms } = receipt;
  const groups = grouped(terms);
  const windowed = terms.length > 1 && terms[0].y !== null;
  const parts = [];
  if (receipt.kind === "input") parts.push(pixel(receipt, scene));
  else if (terms.length === 1) parts.push(single(receipt, scene, told));
  else if (windowed) parts.push(windows(receipt, groups, scene, told));
  else parts.push(termList(receipt, scene, told));
  if (receipt.kind !== "input") parts.push(total(receipt));
  parts.push(precisionNote(receipt.precision));
  fill(place, h("section", { class: "receipt card", "aria-label": "Receipt" }, parts));
}

function grouped(terms) {
  const groups = new Map();
  for (const term of terms) {
    if (!groups.has(term.channel)) groups.set(term.channel, []);
    groups.get(term.channel).push(term);
  }
  return groups;
}

/** Windows on the maps before: one map at a time, chosen by how much it adds. */
function windows(receipt, groups, scene, told) {
  const stage = h("div");
  const kept = scene.input ?? null;
  const sums = [...receipt.subtotals].sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const show = (channel) => {
    scene.input = channel;
    for (const row of list.querySelectorAll("button")) row.setAttribute("aria-pressed", String(Number(row.dataset.channel) === channel));
    const sum = receipt.subtotals.find((one) => one.channel === channel)?.sum;
    fill(stage, makeWindow(receipt, groups.get(channel), sum, scene, told));
  };
  const list = h("div", { class: "subtotals" });
  const reach = Math.max(...sums.map(({ sum }) => Math.abs(sum))) || 1;
  for (const { channel, sum } of sums) {
    list.append(
      h(
        "button",
        { type: "button", class: "subtotal quiet", dataset: { channel }, "aria-pressed": "false", onclick: () => show(channel) },
        h("span", { class: "name" }, `${scene.before.name} ${channel}`),
        balance(sum, reach),
        h("span", { class: "number" }, signed(sum)),
      ),
    );
  }
  const first = groups.has(kept) && receipt.kind === "convolution" ? kept : sums[0].channel;
  show(first);
  if (sums.length === 1) return stage;
  return h(
    "div",
    {},
    stage,
    h("h2", {}, `What each of the ${plural(sums.length, "map")} adds`),
    h("p", { class: "muted small" }, "The largest first; choose one to see its products."),
    h("div", { class: "scrolls" }, list),
  );
}

/** A bar to the left for what takes away, to the right for what adds. */
export function balance(value, reach) {
  const share = `${(50 * Math.abs(value)) / reach}%`;
  return h("span", { class: value < 0 ? "balance below" : "balance", "aria-hidden": "true" }, h("span", { style: { width: share } }));
}

/** One number before becomes one number after. */
function single(receipt, { context, before }, told) {
  const [term] = receipt.terms;
  told.point(term);
  const path = ["number", before.name, term.channel, term.y, term.x].filter((one) => one !== null).map(encodeURIComponent).join("/");
  return h(
    "div",
    { class: "single" },
    h("a", { class: "cell big", href: context.link(`/${path}`) }, h("span", { class: "number" }, exact(term.value)), h("span", { class: "small" }, before.name)),
    h("span", { class: "sign", "aria-hidden": "true" }, "→"),
    h("span", { class: "away" }, "becomes"),
    h("span", { class: "cell big" }, h("span", { class: "number" }, exact(receipt.output)), h("span", { class: "small" }, receipt.layer)),
    receipt.kind === "relu" && hinge(term.value, receipt.output),
  );
}

/** The ReLU as a curve, with this number on it. */
function hinge(value, output) {
  const reach = Math.max(1e-9, Math.abs(value)) * 1.4;
  const [x, y] = [50 + (45 * value) / reach, 55 - (45 * output) / reach];
  return h(
    "svg:svg",
    { viewBox: "0 0 100 62", class: "hinge", role: "img", "aria-label": `ReLU: ${number(value)} becomes ${number(output)}` },
    h("svg:line", { x1: 3, y1: 55, x2: 97, y2: 55, class: "axis" }),
    h("svg:line", { x1: 50, y1: 5, x2: 50, y2: 60, class: "axis" }),
    h("svg:polyline", { points: "5,55 50,55 95,10", class: "curve" }),
    h("svg:circle", { cx: x, cy: y, r: 3.5, class: "dot" }),
  );
}

function pixel({ output, channel, y, x }, { maps }) {
  const [red, green, blue] = [0, 1, 2].map((part) => (maps.channels < 3 ? maps.at(0, y, x) : maps.at(part, y, x)));
  return h(
    "div",
    { class: "single" },
    h("span", { class: "swatch", role: "img", "aria-label": "the pixel's colour", style: { background: `rgb(${red} ${green} ${blue})` } }),
    h("p", {}, `Here the walk ends: a pixel. Red ${red}, green ${green}, blue ${blue}; this number is its ${["red", "green", "blue"][channel] ?? "brightness"}, ${output}.`),
  );
}

function total(receipt) {
  const { kind, sum, bias, output, recomputed, difference, bound, terms } = receipt;
  const lines = [];
  const weighs = kind === "convolution" || kind === "dense";
  if (weighs) {
    lines.push(["The products add up to", exact64(sum - bias)], ["Bias: added whatever the photo", signed(bias, 6)], ["Sum", exact64(sum)]);
  } else if (kind === "softmax") lines.push(["All powers add up to", exact64(sum)]);
  else if (kind === "rescaling") lines.push([`Times ${number(terms[0].weight)}`, exact64(terms[0].product)], ["Offset", signed(bias, 6)]);
  lines.push(["The network's number", exact(output), "result"]);
  const close = Math.abs(difference) <= bound;
  return h(
    "div",
    { class: "total" },
    h("dl", {}, lines.map(([name, value, mark]) => h("div", { class: mark ?? null }, h("dt", {}, name), h("dd", { class: "number" }, value)))),
    h(
      "p",
      { class: close ? "small certificate" : "small certificate bad" },
      difference === 0
        ? "✓ Added up anew in float64: exactly the same."
        : `${close ? "✓" : "✗"} Added up anew in float64: ${exact64(recomputed)}. The network's rounding came to ${number(difference, 2)}; it can come to ${number(bound, 2)} at most.`,
    ),
  );
}

function exact64(value) {
  return number(value, 9);
}
