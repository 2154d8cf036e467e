/** The altered photo, a canvas pixel for each pixel that is posted; a place on it can be chosen. */
import { h } from "./dom.js";

const STEP = 1 / 16; // of the photo, for an arrow key
const MOVES = { ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0] };

/**
 * @param {import("./altered_photo.js").Pixels} original
 * @param {{onMove: (spot: {x: number, y: number}) => void, spot: () => {x: number, y: number}}} options
 */
export function makeStage(original, { onMove, spot }) {
  const { width, height } = original;
  const canvas = h("canvas", { class: "pixels", width, height, role: "img" });
  const small = h("canvas", { class: "pixels", width, height, role: "img", "aria-label": "The photo as it was" });
  const place = h("button", {
    type: "button",
    class: "experiment-place",
    hidden: true,
    "aria-label": "Where the square lies: move it with the arrow keys",
  });
  const caption = h("figcaption");
  const held = (value) => Math.max(0, Math.min(1, value));
  place.addEventListener("pointerdown", (event) => {
    place.setPointerCapture(event.pointerId);
    pointed(event);
  });
  place.addEventListener("pointermove", (event) => place.hasPointerCapture(event.pointerId) && pointed(event));
  place.addEventListener("keydown", (event) => {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const [right, down] = MOVES[event.key];
    onMove({ x: held(spot().x + right), y: held(spot().y + down) });
  });

  function pointed({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    onMove({ x: held((clientX - box.left) / box.width), y: held((clientY - box.top) / box.height) });
  }

  paint(small, original);
  return {
    element: h(
      "div",
      { class: "experiment-stage" },
      h("figure", { class: "experiment-now" }, h("div", { class: "experiment-frame" }, canvas, place), caption),
      h("figure", { class: "experiment-was" }, small, h("figcaption", {}, "as it was")),
    ),
    /**
     * @param {import("./altered_photo.js").Pixels} pixels
     * @param {boolean} choosable whether a place on it can be chosen
     * @param {string} words what was done to it
     * @param {{left: number, top: number, right: number, bottom: number}|null} square
     */
    draw(pixels, choosable, words, square) {
      paint(canvas, pixels);
      canvas.setAttribute("aria-label", `The photo, ${words}`);
      place.hidden = !choosable;
      if (square) {
        const [middleX, middleY] = [spot().x * 100, spot().y * 100].map(Math.round);
        place.setAttribute("aria-description", `Its middle is ${middleX} % from the left, ${middleY} % from the top`);
        place.style.setProperty("--x", `${middleX}%`);
        place.style.setProperty("--y", `${middleY}%`);
      }
      caption.textContent = `What is posted: ${width} × ${height} pixels, ${words}`;
    },
  };
}

function paint(canvas, { width, height, data }) {
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    image.data[to] = data[from];
    image.data[to + 1] = data[from + 1];
    image.data[to + 2] = data[from + 2];
    image.data[to + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}
