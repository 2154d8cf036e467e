/** Pixels as a PNG, byte for byte: a canvas would do, but some browsers add noise to what is read from one. */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST_STORED = 65535; // bytes in a block that is not compressed (RFC 1951)
const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * Encodes without compression and without loss.
 * @param {import("./altered_photo.js").Pixels} pixels
 * @returns {Blob}
 */
export function encodePng({ width, height, data }) {
  const rows = new Uint8Array(height * (1 + 3 * width)); // each begins with its filter: none
  for (let y = 0; y < height; y++) rows.set(data.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1);
  const header = [...bytes(width), ...bytes(height), 8, 2, 0, 0, 0]; // 8 bits, red green blue
  const parts = [Uint8Array.from(SIGNATURE), chunk("IHDR", header), chunk("IDAT", stored(rows)), chunk("IEND", [])];
  return new Blob(parts, { type: "image/png" });
}

function chunk(name, content) {
  const whole = new Uint8Array(content.length + 12);
  whole.set(bytes(content.length));
  whole.set(
    [...name].map((letter) => letter.charCodeAt(0)),
    4,
  );
  whole.set(content, 8);
  let crc = 0xffffffff;
  for (let at = 4; at < whole.length - 4; at++) crc = CRCS[(crc ^ whole[at]) & 255] ^ (crc >>> 8);
  whole.set(bytes(~crc), whole.length - 4);
  return whole;
}

/** As a zlib stream (RFC 1950). */
function stored(raw) {
  const blocks = Math.max(1, Math.ceil(raw.length / MOST_STORED));
  const stream = new Uint8Array(2 + raw.length + 5 * blocks + 4);
  stream.set([0x78, 0x01]);
  for (let block = 0, at = 2; block < blocks; block++) {
    const part = raw.subarray(block * MOST_STORED, (block + 1) * MOST_STORED);
    const { length } = part;
    stream.set([Number(block === blocks - 1), length & 255, length >> 8, ~length & 255, (~length >> 8) & 255], at);
    stream.set(part, at + 5);
    at += 5 + length;
  }
  let [low, high] = [1, 0];
  for (const byte of raw) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  stream.set(bytes(high * 65536 + low), stream.length - 4);
  return stream;
}

const bytes = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
