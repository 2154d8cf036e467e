/** All views of the page, and what stands around each: the links to the others, and the facts of the network. */

import { Problem } from "./api.js";
import { fill, h } from "./dom.js";
import { count, plural } from "./words.js";

const VIEWS = {
  "": { module: "./network.js", name: "Network", photo: true },
  layer: { module: "./layer.js", photo: true },
  number: { module: "./number.js", photo: true },
  look: { module: "./look.js", name: "Where did it look?", photo: true },
  "switch-off": { module: "./switch_off.js", name: "Switch it off", photo: true },
  experiments: { module: "./experiments.js", name: "Experiments" },
  toy: { module: "./toy.js", name: "Toy" },
};
const $ = (id) => document.getElementById(id);

/** A view by its name in the address; the whole network for a name that none has. @param {string} name */
export const viewCalled = (name) => VIEWS[name] ?? VIEWS[""];

/** The module of a view. @param {{module: string}} view */
export async function load({ module }) {
  try {
    return await import(module);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    throw new Problem("server_gone", "The server cannot be reached", "A part of the page could not be loaded.");
  }
}

/** Fetches all views while nothing else is to do: they are there even when the server is gone. */
export async function loadAll() {
  for (const { module } of Object.values(VIEWS)) await import(module).catch(() => {});
}

/** A new view begins at its top, and with its heading; whoever chooses among networks goes on choosing. */
export function arrive(root) {
  window.scrollTo({ top: 0 });
  if ($("models").contains(document.activeElement)) return;
  const heading = root.querySelector("h1, h2");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

/** The links to all views. @param {string} view that is shown @param {(path: string) => string} link */
export function marks(view, link) {
  $("home").href = link("/");
  const deeper = ["layer", "number"].includes(view) ? "" : view;
  const links = Object.entries(VIEWS).filter(([, { name }]) => name);
  fill(
    $("views"),
    links.map(([path, { name }]) =>
      h("a", { href: link(`/${path}`), "aria-current": path === deeper ? "page" : null }, name),
    ),
  );
}

/** Which network this is, at the foot of the page. @param {any} network of GET /layers */
export function describe({ model, parameters, multiply_adds, layers }) {
  $("facts").textContent =
    `The network that answers: ${model.name}, version ${model.version}; ${plural(layers.length, "layer")}, ` +
    `${count(parameters)} weights, ${count(multiply_adds)} multiplications for a photo.`;
}
