/** What a number can see: its part of the photo, the rest in shade. */

import { fill, h } from "./dom.js";
import { fetchMaps, paintColours } from "./maps.js";
import { unitQuery } from "./units.js";
import { number } from "./words.js";

/**
 * @param {HTMLElement} place
 * @param {any} receipt
 * @param {any} scene
 */
export async function showField(place, receipt, scene) {
  const { context, layers } = scene;
  const [input] = layers;
  const [height, width] = input.shape;
  const { clipped, photo: onPhoto, padding } = receipt.receptive_field;
  if (!scene.field) {
    const canvas = h("canvas", { class: "pixels", width, height });
    const small = shaded(canvas, width, height);
    const words = h("p", { class: "small muted" });
    scene.field = { small, words, large: original(context.photo), matters: makeMatters(small.root, scene) };
    fetchMaps(input, context.photo.id).then((maps) => paintColours(canvas, maps), context.trouble);
    fill(
      place,
      h(
        "section",
        { class: "field" },
        h("h2", {}, "What it can see"),
        h("div", { class: "row seen" }, scene.field.small.root, scene.field.large?.root),
        scene.field.words,
        scene.field.matters.root,
      ),
    );
  }
  scene.field.small.draw(clipped);
  scene.field.matters.update();
  scene.field.large?.draw(onPhoto);
  const [wide, high] = [clipped.right - clipped.left, clipped.bottom - clipped.top];
  const all = wide >= width && high >= height;
  scene.field.words.textContent =
    (all ? `The whole input, ${height} × ${width} pixels` : `${number(high)} × ${number(wide)} of the input's ${height} × ${width} pixels`) +
    `${padding ? ", and zeros beyond the edge" : ""}. Nothing else had a say in this number.`;
}

/** On request: how much each of the pixels that it sees matters, for this very photo. */
function makeMatters(picture, { context, unit, layers }) {
  const [height, width] = layers[0].shape;
  const canvas = h("canvas", { class: "pixels matters", width, height, hidden: true });
  const words = h("p", { class: "small muted", role: "status" });
  const box = h("input", { type: "checkbox", id: "matters" });
  picture.append(canvas);
  async function update() {
    canvas.hidden = true;
    words.textContent = "";
    if (!box.checked) return;
    const asked = unitQuery(unit);
    const path = context.api.url("/receptive-fields", { image_id: context.photo.id, ...asked, effective: true, format: "json" });
    const { effective } = await context.api.json(path);
    if (JSON.stringify(asked) !== JSON.stringify(unitQuery(unit)) || !effective) return;
    const most = effective.data.reduce((one, other) => Math.max(one, other), 0);
    glow(canvas, effective.data, most);
    canvas.hidden = false;
    words.textContent = `The brighter, the more: where it is brightest, a step of 1 (of 255) moves the number by ${number(most, 3)}.`;
  }
  const careful = () => update().catch(context.trouble);
  box.addEventListener("change", careful);
  return { root: h("div", {}, h("label", { class: "row small", for: "matters" }, box, "Show how much each pixel matters"), words), update: careful };
}

function glow(canvas, data, most) {
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  for (let at = 0; at < data.length; at++) image.data.set([255, 214, 10, most > 0 ? (255 * data[at]) / most : 0], 4 * at);
  pen.putImageData(image, 0, 0);
}

function original({ url, answer }) {
  if (!url) return null;
  const { width, height } = answer.preprocessing.find(({ step }) => step === "turn");
  return shaded(h("img", { src: url, alt: "" }), width, height);
}

/** A picture with everything shaded but a box. */
function shaded(picture, width, height) {
  const shade = h("svg:path", { class: "shade", "fill-rule": "evenodd" });
  const edge = h("svg:rect", { class: "edge" });
  const root = h(
    "div",
    { class: "shaded", role: "img", "aria-label": "The part of the photo that the number can see", style: { "aspect-ratio": `${width} / ${height}` } },
    picture,
    h("svg:svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, shade, edge),
  );
  return {
    root,
    draw({ left, top, right, bottom }) {
      shade.setAttribute("d", `M0 0H${width}V${height}H0ZM${left} ${top}V${bottom}H${right}V${top}Z`);
      const box = { x: left, y: top, width: right - left, height: bottom - top };
      for (const [name, value] of Object.entries(box)) edge.setAttribute(name, value);
    },
  };
}
