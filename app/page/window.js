/** The window on a map, the filter, and the products: three grids that point at the same cell together. */

import { css, inkOn, named, placer, tableOf } from "./colours.js";
import { h } from "./dom.js";
import { layerLimits } from "./maps.js";
import { unitPath } from "./units.js";
import { number, signed } from "./words.js";

const WRITTEN = 64; // cells up to which the numbers are written into them

/**
 * @param {any} receipt
 * @param {any[]} terms of one channel of the layer before, row by row
 * @param {number|undefined} sum of their products
 * @param {any} scene
 * @param {{point: (term: any, all?: any[]) => void}} told
 */
export function makeWindow(receipt, terms, sum, scene, told) {
  const { before, mapsBefore, context } = scene;
  const columns = new Set(terms.map(({ x }) => x)).size;
  const table = tableOf(before);
  const signedTable = named("RdBu_r");
  const weights = reach(receipt.terms.map(({ weight }) => weight));
  const products = reach(terms.map(({ product }) => product));
  const parts = {
    value: ["The window", placer(layerLimits(mapsBefore, table), table), table],
    weight: [receipt.kind === "convolution" ? "The filter" : "The share", placer([-weights, weights], signedTable), signedTable],
    product: ["The products", placer([-products, products], signedTable), signedTable],
  };
  const said = h("p", { class: "readout", role: "status" });
  const all = [];
  const largest = reach(terms.map(({ product }) => product));
  let current = Math.max(0, receipt.winner ?? terms.findIndex(({ product }) => Math.abs(product ?? 0) === largest));

  function look(at) {
    for (const cells of all) {
      cells[current]?.classList.remove("looked");
      cells[at].classList.add("looked");
    }
    all[0][current].setAttribute("tabindex", "-1");
    all[0][at].setAttribute("tabindex", "0");
    current = at;
    const { value, weight, product, y, x, inside } = terms[at];
    const where = inside ? `y ${y}, x ${x}` : "beyond the edge";
    said.textContent = `${where}: ${number(value, 6)} × ${number(weight, 6)} = ${number(product, 6)}`;
    told.point(terms[at], terms);
  }

  function open(at) {
    const term = terms[at];
    if (term.inside) context.go(context.link(unitPath({ ...term, layer: before })));
  }

  function grid(part) {
    const [name, place, colours] = parts[part];
    const first = part === "value";
    const cells = terms.map((term, at) => {
      const spot = place(term[part] ?? 0);
      const outside = part === "value" && !term.inside;
      const cell = h(
        "div",
        {
          class: `cell${outside ? " outside" : ""}${receipt.winner === receipt.terms.indexOf(term) ? " winner" : ""}`,
          role: "gridcell",
          tabindex: first ? "-1" : null,
          style: outside ? {} : { background: css(colours, spot), color: inkOn(colours, spot) },
          "aria-label": first ? label(term) : null,
        },
        terms.length <= WRITTEN ? (term[part] === null ? "–" : number(term[part], 3)) : "",
      );
      cell.addEventListener("pointerenter", () => look(at));
      cell.addEventListener("click", () => open(at));
      return cell;
    });
    all.push(cells);
    const rows = [];
    for (let at = 0; at < cells.length; at += columns) rows.push(h("div", { role: "row" }, cells.slice(at, at + columns)));
    const made = h(
      "div",
      { class: terms.length > WRITTEN ? "cells fine" : "cells", role: "grid", "aria-label": `${name}, ${before.name} ${terms[0].channel}`, style: { "--columns": columns } },
      rows,
    );
    if (first) made.addEventListener("keydown", walk);
    return h("figure", { class: "grid-of" }, h("figcaption", {}, caption(part, name)), made);
  }

  function caption(part, name) {
    if (part === "value") return `${name} on ${before.name}, channel ${terms[0].channel}`;
    return name;
  }

  function walk(event) {
    const rows = terms.length / columns;
    const [y, x] = [Math.floor(current / columns), current % columns];
    const to = {
      ArrowRight: [y, x + 1], ArrowLeft: [y, x - 1], ArrowDown: [y + 1, x], ArrowUp: [y - 1, x],
      Home: event.ctrlKey ? [0, 0] : [y, 0], End: event.ctrlKey ? [rows - 1, columns - 1] : [y, columns - 1],
    }[event.key];
    if (event.key === "Enter" || event.key === " ") open(current);
    else if (!to) return;
    else if (to[0] >= 0 && to[1] >= 0 && to[0] < rows && to[1] < columns) {
      look(to[0] * columns + to[1]);
      all[0][current].focus();
    }
    event.preventDefault();
  }

  const root = h("div", { class: "window" }, h("div", { class: "equation" }, equation(receipt, terms, sum, grid)),
    said,
    h("p", { class: "muted small" }, `Point at a cell${all.length > 1 ? " to see what belongs together" : ""}; open it (click, tap or Enter) for its own receipt.`),
  );
  look(current);
  return root;
}

/** Max pooling chooses, an average weighs all alike; else a window times a filter. */
function equation({ winner }, terms, sum, grid) {
  const [{ weight }] = terms;
  const sign = (text, words) => h("span", { class: "sign" }, h("span", { "aria-hidden": "true" }, text), h("span", { class: "away" }, words));
  const result = h("span", { class: "sign" }, h("span", { class: "number" }, signed(sum ?? 0)));
  if (winner !== null) return [grid("value"), sign("→", "the largest is"), result];
  const added = h("span", { class: "sign added" }, sign("Σ ", "sum "), result);
  if (terms.every((term) => term.weight === weight)) {
    return [grid("value"), h("span", { class: "sign" }, "× ", h("span", { class: "number" }, number(weight, 6)), " each ="), grid("product"), added];
  }
  return [grid("value"), sign("×", "times"), grid("weight"), sign("=", "equals"), grid("product"), added];
}

function label({ inside, value, weight, product, y, x }) {
  const where = inside ? `y ${y}, x ${x}` : "beyond the edge";
  return `${where}: ${number(value)} times ${number(weight)} is ${number(product)}`;
}

function reach(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
}
