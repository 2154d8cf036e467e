/** Where did it look? Five ways to ask, each with what it means and how far it is to be trusted. */

import { aroundZero, css, loadColours, named, placer } from "./colours.js";
import { copyRow } from "./copy.js";
import { disclosed, fill, h, onFrame, table } from "./dom.js";
import { certificate } from "./certificate.js";
import { makeLegend } from "./legend.js";
import { fetchMaps, inputLayer, Maps, paintColours, under } from "./maps.js";
import { isRefusal, refusedMethod } from "./record.js";
import { exact, number } from "./words.js";

const METHODS = {
  "grad-cam": ["Grad-CAM", "Asks the last maps: where did what they found speak for this class?"],
  occlusion: ["Occlusion", "Covers one part after another, and sees what the answer loses."],
  "integrated-gradients": ["Integrated gradients", "Shares the whole answer out among the pixels, on the way from a blank photo to yours."],
  gradient: ["Gradient", "Which pixels would move the answer most if they changed a little?"],
  "smooth-gradient": ["SmoothGrad", "The same, averaged over noisy copies of the photo: it flickers less."],
};

/**
 * @param {HTMLElement} root
 * @param {any} context
 */
export async function show(root, context) {
  const { network, photo, query, api, keep, say, trouble } = context;
  const input = inputLayer(network);
  const [height, width] = input.shape;
  const [pixels] = await Promise.all([fetchMaps(input, photo.id), loadColours()]);
  const state = {
    method: query.get("method") in METHODS ? query.get("method") : "grad-cam",
    label: network.labels.includes(query.get("label")) ? query.get("label") : photo.answer.label,
  };
  const [beneath, above] = [h("canvas", { class: "pixels" }), h("canvas", { class: "pixels over", width, height })];
  paintColours(beneath, pixels);
  const cursor = h("span", { class: "cursor", hidden: true, "aria-hidden": "true" });
  const stage = h("div", { class: "stage", role: "gridcell", tabindex: "0", style: { "aspect-ratio": `${width} / ${height}` } }, beneath, above, cursor);
  const grid = h("div", { role: "grid", class: "look-stage", "aria-label": "The explanation over the photo" }, h("div", { role: "row" }, stage));
  const strength = h("input", { type: "range", min: 0, max: 100, value: 70, id: "strength" });
  strength.addEventListener("input", () => above.style.setProperty("opacity", strength.value / 100));
  above.style.setProperty("opacity", 0.7);
  const legend = makeLegend(named("RdBu_r"));
  const [readout, title, facts, taken] = [h("p", { class: "readout", role: "status" }), h("h2"), h("div"), h("div")];
  let [turn, seen, y, x] = [0, null, 0, 0];

  async function ask() {
    const mine = ++turn;
    const path = api.url("/explanations", { image_id: photo.id, ...state, format: "json" });
    keep(state);
    grid.setAttribute("aria-busy", "true");
    const found = await api.json(path).catch((error) => {
      if (isRefusal(error)) return { error };
      throw error;
    });
    if (mine !== turn) return;
    grid.removeAttribute("aria-busy");
    if (found.error) return refuse(found.error);
    above.hidden = legend.root.hidden = false;
    seen = { found, maps: new Maps(Float32Array.from(found.data), [...found.shape, 1]) };
    const range = seen.maps.range([0]);
    const limits = aroundZero(...range, true);
    draw(above, seen, limits, named("RdBu_r"));
    legend.draw({ table: named("RdBu_r"), words: `Up to the strongest number, ${number(limits[1])} either way.` }, () => limits);
    title.textContent = `${METHODS[state.method][0]}: ${found.label}`;
    fill(facts, certificate(found), disclosed("All its numbers", () => numbers(seen)));
    const { y: top, x: left } = seen.maps.facts(0);
    at(top, left);
    const file = `${state.method}-${found.label}`;
    const as = (format) => path.replace("format=json", `format=${format}`);
    fill(
      taken,
      copyRow([
        { name: "the explanation as a picture (PNG)", path: as("png"), file: `${file}.png` },
        { name: "its numbers (npy)", path: as("npy"), file: `${file}.npy` },
        { name: "numbers and facts (JSON)", path, file: `${file}.json` },
      ]),
    );
    return say(`${METHODS[state.method][0]} for ${found.label}: ${found.meaning}`);
  }

  function refuse(error) {
    seen = null;
    cursor.hidden = true;
    above.hidden = legend.root.hidden = true;
    title.textContent = METHODS[state.method][0];
    readout.textContent = "";
    stage.setAttribute("aria-label", "Your photo; no explanation is shown");
    fill(facts, refusedMethod(error));
    fill(taken);
    say(`${METHODS[state.method][0]} is not shown: it did not stand its trials on this network.`);
  }

  function at(row, column) {
    [y, x] = [row, column];
    const box = boxOf(seen, y, x);
    const value = seen.maps.at(0, y, x);
    cursor.hidden = false;
    const part = (from, to, whole) => [`${(100 * Math.max(0, from)) / whole}%`, `${(100 * (Math.min(whole, to) - Math.max(0, from))) / whole}%`];
    const [[left, wide], [top, high]] = [part(box.left, box.right, width), part(box.top, box.bottom, height)];
    for (const [rule, text] of Object.entries({ left, top, width: wide, height: high })) cursor.style.setProperty(rule, text);
    readout.textContent = `y ${y}, x ${x}: ${exact(value)}`;
    stage.setAttribute("aria-label", readout.textContent);
    legend.mark(0, value);
  }

  stage.addEventListener("pointermove", onFrame((event) => {
    if (!seen) return;
    const [row, column] = under(event, stage, { height, width });
    at(...nearest(seen, row + 0.5, column + 0.5));
  }));
  stage.addEventListener("keydown", (event) => {
    const move = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!move || !seen) return;
    event.preventDefault();
    const clamp = (to, length) => Math.max(0, Math.min(length - 1, to));
    at(clamp(y + move[0], seen.maps.height), clamp(x + move[1], seen.maps.width));
  });

  const again = () => ask().catch((error) => turn && trouble(error));
  root.append(
    h("h1", {}, "Where did it look?"),
    h("p", { class: "lead" }, "Five ways to ask which part of your photo spoke for an answer. They ask different questions, so they differ. Each says what its colours mean, and how it did when it was put to the test."),
    h(
      "div",
      { class: "look-view" },
      h("div", {}, chooser(network, state, again)),
      h("div", {}, grid, h("label", { class: "row small", for: "strength" }, "photo", strength, "explanation"), readout, legend.root),
      h("div", {}, title, facts),
    ),
    taken,
  );
  await ask();
  return () => (turn = 0);
}

function chooser({ labels }, state, changed) {
  const methods = Object.entries(METHODS).map(([method, [name, words]]) => {
    const radio = h("input", { type: "radio", name: "method", value: method, checked: method === state.method });
    radio.addEventListener("change", () => changed((state.method = method)));
    return h("label", { class: "method" }, radio, h("span", {}, h("strong", {}, name), h("span", { class: "small muted" }, words)));
  });
  const select = h("select", { id: "label" }, labels.map((label) => h("option", { value: label, selected: label === state.label }, label)));
  select.addEventListener("change", () => changed((state.label = select.value)));
  return [
    h("p", {}, h("label", { class: "row", for: "label" }, "What speaks for ", select)),
    h("fieldset", { class: "methods" }, h("legend", { class: "away" }, "Method"), methods),
  ];
}

/** The cell whose middle is nearest to a place on the network's input. */
function nearest({ found: { grid }, maps }, y, x) {
  const at = (place, start, length, step, cells) => Math.max(0, Math.min(cells - 1, Math.round((place - start - length / 2) / step)));
  return [at(y, grid.top, grid.height, grid.down, maps.height), at(x, grid.left, grid.width, grid.across, maps.width)];
}

function boxOf({ found: { grid } }, y, x) {
  const [top, left] = [grid.top + y * grid.down, grid.left + x * grid.across];
  return { top, left, bottom: top + grid.height, right: left + grid.width };
}

function draw(canvas, seen, limits, colours) {
  const pen = canvas.getContext("2d");
  const place = placer(limits, colours);
  for (let row = 0; row < canvas.height; row++) {
    for (let column = 0; column < canvas.width; column++) {
      pen.fillStyle = css(colours, place(seen.maps.at(0, ...nearest(seen, row + 0.5, column + 0.5))));
      pen.fillRect(column, row, 1, 1);
    }
  }
}

function numbers({ maps, found }) {
  const columns = [...Array(maps.width).keys()];
  const rows = [...Array(maps.height).keys()].map((row) => [row, ...columns.map((column) => number(maps.at(0, row, column), 3))]);
  const caption = `${found.method} for ${found.label}: rows are y, columns x`;
  return h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption }, table(caption, ["y", ...columns], rows));
}
