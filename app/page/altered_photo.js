/**
 * What can be done to a photo: plain arithmetic on its pixels, the same in every browser.
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels red, green, blue; row by row
 */

const GREY = 128; // of a hidden part
const LUMA = [0.299, 0.587, 0.114]; // how bright red, green and blue look (ITU-R BT.601)

/** Makes new pixels, each by its place. */
function made({ width, height }, colour) {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at += 3) colour(data, at, x, y);
  return { width, height, data };
}

const held = (value, most) => Math.max(0, Math.min(most, value));

/**
 * Slid sideways by whole pixels; at the edge that comes free the last column is repeated.
 * @param {Pixels} pixels @param {number} right @returns {Pixels}
 */
export function slid(pixels, right) {
  return made(pixels, (data, at, x, y) => {
    const from = 3 * (y * pixels.width + held(x - right, pixels.width - 1));
    for (let part = 0; part < 3; part++) data[at + part] = pixels.data[from + part];
  });
}

/** Towards grey: 0 keeps the colours, 1 takes them all. @param {Pixels} pixels @param {number} share @returns {Pixels} */
export function greyed(pixels, share) {
  return made(pixels, (data, at) => {
    const grey = LUMA.reduce((sum, weight, part) => sum + weight * pixels.data[at + part], 0);
    for (let part = 0; part < 3; part++) data[at + part] = pixels.data[at + part] * (1 - share) + grey * share;
  });
}

/**
 * Turned around its middle, clockwise; beyond the edge the edge is repeated.
 * @param {Pixels} pixels @param {number} degrees @returns {Pixels}
 */
export function turned(pixels, degrees) {
  if (degrees === 0) return pixels;
  const { width, height, data: from } = pixels;
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  return made(pixels, (data, at, x, y) => {
    const [right, down] = [x - middleX, y - middleY];
    const left = held(middleX + right * cosine + down * sine, width - 1);
    const top = held(middleY - right * sine + down * cosine, height - 1);
    const [x0, y0] = [Math.floor(left), Math.floor(top)];
    const [x1, y1] = [held(x0 + 1, width - 1), held(y0 + 1, height - 1)];
    const [u, v] = [left - x0, top - y0];
    for (let part = 0; part < 3; part++) {
      const value = (column, row) => from[3 * (row * width + column) + part];
      data[at + part] =
        (1 - v) * ((1 - u) * value(x0, y0) + u * value(x1, y0)) + v * ((1 - u) * value(x0, y1) + u * value(x1, y1));
    }
  });
}

/** Blurred with a Gaussian of so many pixels; edges are repeated. @param {Pixels} pixels @param {number} sigma @returns {Pixels} */
export function blurred(pixels, sigma) {
  if (sigma <= 0) return pixels;
  const reach = Math.ceil(3 * sigma);
  const bell = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = bell.reduce((sum, weight) => sum + weight);
  const weights = Float64Array.from(bell, (weight) => weight / total);
  const { width, height } = pixels;
  const values = Float32Array.from(pixels.data);
  for (let y = 0; y < height; y++) blurLine(values, 3 * width * y, 3, width, weights);
  for (let x = 0; x < width; x++) blurLine(values, 3 * x, 3 * width, height, weights);
  return { width, height, data: Uint8ClampedArray.from(values) };
}

/** Blurs one row or column in place: `count` pixels from `start` on, `step` numbers apart. */
function blurLine(values, start, step, count, weights) {
  const reach = (weights.length - 1) / 2;
  const line = new Float32Array(count + 2 * reach);
  for (let part = start; part < start + 3; part++) {
    for (let at = 0; at < line.length; at++) line[at] = values[part + held(at - reach, count - 1) * step];
    for (let at = 0; at < count; at++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * line[at + tap];
      values[part + at * step] = sum;
    }
  }
}

/**
 * A square hidden under grey.
 * @param {Pixels} pixels
 * @param {number} side as a share of the shorter side of the photo
 * @param {{x: number, y: number}} spot its middle, from 0 to 1
 * @returns {Pixels}
 */
export function hidden(pixels, side, spot) {
  const { left, top, right, bottom } = hiddenSquare(pixels, side, spot);
  return made(pixels, (data, at, x, y) => {
    const under = x >= left && x < right && y >= top && y < bottom;
    for (let part = 0; part < 3; part++) data[at + part] = under ? GREY : pixels.data[at + part];
  });
}

/** Which pixels that square covers. */
export function hiddenSquare({ width, height }, side, { x, y }) {
  const length = Math.round(side * Math.min(width, height));
  const [left, top] = [Math.round(x * width - length / 2), Math.round(y * height - length / 2)];
  return { left, top, right: left + length, bottom: top + length };
}

/** Every value times so much; what is over white is white. @param {Pixels} pixels @param {number} times @returns {Pixels} */
export function brightened(pixels, times) {
  return made(pixels, (data, at) => {
    for (let part = 0; part < 3; part++) data[at + part] = pixels.data[at + part] * times;
  });
}
