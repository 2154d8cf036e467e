/** Every request of the page. What is not well becomes a `Problem` with a sentence to show. */

import { keyHeaders, newKey } from "./key.js";

const PATIENCE_MS = 60_000;
const TRIES = 6; // of a request that the server was too busy for
const LATER = new Set(["overloaded", "not_ready", "rate_exceeded"]);
const MOST_KEPT = 96; // answers about photos; they never change
const kept = new Map();

/** What went wrong: `code` as the server names it, or `server_gone`, `too_slow`. */
export class Problem extends Error {
  constructor(code, title, detail, status = 0) {
    super(detail ? `${title}. ${detail}` : title);
    Object.assign(this, { code, title, detail, status });
  }
}

/**
 * JSON of a path; the same path is asked for once.
 * @param {string} path
 * @returns {Promise<any>}
 */
export function json(path) {
  return once(`json ${path}`, async () => (await ask(path, { headers: { Accept: "application/json" } })).json());
}

/**
 * JSON of a path as it is now: for what changes while the page is open.
 * @param {string} path
 * @param {(problem: Problem) => void} [waiting] told each time that the server was too busy, before it is asked again
 * @returns {Promise<any>}
 */
export async function latest(path, waiting) {
  return (await ask(path, { headers: { Accept: "application/json" }, waiting })).json();
}

/**
 * Exact numbers of a path that knows `format=f32`.
 * @param {string} path
 * @returns {Promise<{data: Float32Array, shape: number[]}>} row-major
 */
export function floats(path) {
  const full = path.includes("format=") ? path : path + (path.includes("?") ? "&" : "?") + "format=f32";
  return once(`floats ${full}`, async () => {
    const response = await ask(full);
    const shape = response.headers.get("Tensor-Shape").split(",").map(Number);
    return { data: new Float32Array(littleEndian(await response.arrayBuffer())), shape };
  });
}

/**
 * What is at a path, as a file.
 * @param {string} path
 * @returns {Promise<Blob>}
 */
export async function file(path) {
  return (await ask(path)).blob();
}

/**
 * Posts a photo.
 * @param {Blob} blob
 * @param {object} [options]
 * @param {AbortSignal} [options.signal]
 * @param {boolean} [options.keep] whether the server may keep it, to look inside
 * @param {string|null} [options.model] which network answers, and which version of it; else the server's choice
 * @param {number|null} [options.version]
 * @param {(problem: Problem) => void} [options.waiting] as of `latest`
 * @returns {Promise<any>} the answer of POST /predict
 */
export async function predict(blob, { signal, keep = true, model, version, waiting } = {}) {
  const headers = { "Content-Type": "application/octet-stream", ...(keep ? {} : { "Cache-Control": "no-store" }) };
  return (await ask(url("/predict", { model, version }), { method: "POST", body: blob, headers, signal, waiting })).json();
}

/**
 * A path with a query; what is null or undefined is left out.
 * @param {string} path
 * @param {Object<string, any>} query
 */
export function url(path, query) {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = asked.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
  return text ? `${path}?${text}` : path;
}

/** Forgets what was answered: for another try. */
export function forget() {
  kept.clear();
}

function once(key, make) {
  const known = kept.get(key);
  kept.delete(key);
  const promise = known ?? make();
  kept.set(key, promise);
  if (!known) promise.catch(() => kept.get(key) === promise && kept.delete(key));
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return promise;
}

async function ask(path, { waiting, ...options } = {}) {
  for (let attempt = 1; ; attempt++) {
    const key = keyHeaders();
    const response = await fetched(path, { ...options, headers: { ...options.headers, ...key } });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.code === "key_wrong" && (await newKey(key))) {
      attempt = 0;
      continue;
    }
    if (!LATER.has(problem.code) || attempt === TRIES) throw problem;
    waiting?.(problem);
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, Math.min(5, seconds) * 1000));
  }
}

async function fetched(path, options) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, patience]) : patience;
  try {
    return await fetch(path, { ...options, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (error.name === "TimeoutError") {
      throw new Problem("too_slow", "The server took too long", `Nothing came within ${PATIENCE_MS / 1000} seconds.`);
    }
    throw new Problem("server_gone", "The server cannot be reached", "It may have stopped, or the connection is down.");
  }
}

async function problemOf(response) {
  try {
    const { code, title, detail } = await response.json();
    return new Problem(code ?? "unknown", title ?? response.statusText, detail ?? "", response.status);
  } catch {
    const title = `The server answered with status ${response.status}`;
    return new Problem("unknown", title, "The answer does not say why.", response.status);
  }
}

function littleEndian(buffer) {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return buffer;
  const view = new DataView(buffer);
  for (let at = 0; at < buffer.byteLength; at += 4) view.setUint32(at, view.getUint32(at, true), false);
  return buffer;
}
