/** A cat drawn with a few curves, for visitors without a photo at hand; no photo comes with the page. */

const SIDE = 256;

/**
 * Draws it.
 * @returns {Promise<Blob>} a PNG
 */
export async function drawCat() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  const background = pen.createLinearGradient(0, 0, 0, SIDE);
  background.addColorStop(0, "#b9cdb4");
  background.addColorStop(1, "#7f9a86");
  filled(pen, background, () => pen.rect(0, 0, SIDE, SIDE));
  filled(pen, "#b5763f", () => pen.ellipse(128, 262, 92, 70, 0, 0, 2 * Math.PI));
  for (const side of [-1, 1]) ear(pen, side);
  filled(pen, "#c98a4e", () => pen.ellipse(128, 142, 78, 68, 0, 0, 2 * Math.PI));
  for (const at of [-26, 0, 26]) stroke(pen, "#8b5327", 7, [128 + at, 80 + Math.abs(at) / 5], [128 + at * 0.8, 104]);
  for (const side of [-1, 1]) {
    for (const at of [0, 1, 2]) stroke(pen, "#8b5327", 5, [128 + side * 74, 132 + at * 14], [128 + side * 56, 136 + at * 10]);
    eye(pen, 128 + side * 32, 132);
  }
  filled(pen, "#f3e3cd", () => pen.ellipse(128, 172, 36, 25, 0, 0, 2 * Math.PI));
  filled(pen, "#c4616a", () => {
    pen.moveTo(118, 157);
    pen.lineTo(138, 157);
    pen.lineTo(128, 168);
  });
  for (const side of [-1, 1]) {
    stroke(pen, "#5b3720", 3, [128, 168], [128 + side * 12, 180]);
    for (const at of [-1, 0, 1]) stroke(pen, "#fdf6ea", 2, [128 + side * 24, 170 + at * 5], [128 + side * 88, 166 + at * 15]);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function ear(pen, side) {
  const x = (at) => 128 + side * at;
  filled(pen, "#b5763f", () => {
    pen.moveTo(x(72), 120);
    pen.lineTo(x(66), 34);
    pen.lineTo(x(18), 84);
  });
  filled(pen, "#d99a92", () => {
    pen.moveTo(x(62), 98);
    pen.lineTo(x(60), 54);
    pen.lineTo(x(34), 82);
  });
}

function eye(pen, x, y) {
  filled(pen, "#d8d86a", () => pen.ellipse(x, y, 18, 15, 0, 0, 2 * Math.PI));
  filled(pen, "#1d1a16", () => pen.ellipse(x, y, 6, 14, 0, 0, 2 * Math.PI));
  filled(pen, "#ffffff", () => pen.ellipse(x + 4, y - 6, 3, 3, 0, 0, 2 * Math.PI));
}

function filled(pen, colour, path) {
  pen.fillStyle = colour;
  pen.beginPath();
  path();
  pen.closePath();
  pen.fill();
}

function stroke(pen, colour, width, [x, y], [toX, toY]) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}
