/** The address within the page: what is looked at, so that a link shows the same to somebody else. */

import { url } from "./api.js";
import { allLayers } from "./maps.js";

/**
 * Reads the address: view, parts of the path behind it, and query.
 * @param {string} [hash]
 */
export function parse(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...parts] = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view, parts, query: new URLSearchParams(query) };
}

/** The way to a view, without its query. @param {{view: string, parts: string[]}} place */
export function pathTo({ view, parts }) {
  return `/${[view, ...parts].filter(Boolean).map(encodeURIComponent).join("/")}`;
}

/** A link into this page. @param {string} path @param {Object<string, any>} query */
export const hashOf = (path, query) => url(`#${path}`, query);

/** Remembers a choice in the address without leaving the view. @param {Object<string, any>} changes */
export function keep(changes) {
  const { query } = parse();
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") query.delete(key);
    else query.set(key, value);
  }
  const path = location.hash.split("?")[0] || "#/";
  const hash = query.size ? `${path}?${query}` : path;
  if (hash !== location.hash && (location.hash || hash !== "#/")) history.replaceState(history.state, "", hash);
}

/**
 * Where to look after another network answered: at the same place if it has that, too.
 * @param {{view: string, parts: string[], query: URLSearchParams}} place
 * @param {any} before the network that was looked at, of GET /layers
 * @param {any} after
 */
export function suited({ view, parts, query }, before, after) {
  const [name] = parts;
  const shapeIn = (network) => allLayers(network).find((layer) => layer.name === name)?.shape.join();
  const [was, is] = [shapeIn(before), shapeIn(after)];
  if (name === undefined || (is && is === (was ?? is))) return { view, parts, query };
  query.delete("off");
  return { view: view === "switch-off" ? view : "", parts: [], query };
}
