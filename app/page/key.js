/** The key that a server may want: asked for once, kept until the tab is closed, and shown with every request. */

import { h } from "./dom.js";

const PLACE = "catscan-key";
let key = kept();
let asking = null; // the dialog that is open, as a promise

function kept() {
  try {
    return sessionStorage.getItem(PLACE);
  } catch {
    return null; // storage is forbidden: it is asked for with each visit
  }
}

function keep(given) {
  key = given;
  try {
    sessionStorage.setItem(PLACE, given);
  } catch {
    // as above
  }
}

/** The headers that show the key; none without one. */
export function keyHeaders() {
  return key ? { "X-Api-Key": key } : {};
}

/** The same for curl and for Python's httpx, from the environment: what is copied is shown around. */
export function keyWords() {
  if (!key) return { curl: "", python: "", imports: "" };
  return { curl: ` -H "X-Api-Key: $CATSCAN_KEY"`, python: `, headers={"X-Api-Key": os.environ["CATSCAN_KEY"]}`, imports: "import os, " };
}

/**
 * Asks for a key, unless another one came since; all that want one at the same time wait for the same dialog.
 * @param {Object<string, string>} shown the headers that the server did not take
 * @returns {Promise<boolean>} false if nobody gave one
 */
export async function newKey(shown) {
  if (asking) return asking;
  if ((key ?? undefined) !== shown["X-Api-Key"]) return true;
  asking = asked(Boolean(shown["X-Api-Key"])).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {boolean} wrong whether there was one before */
function asked(wrong) {
  const field = h("input", {
    type: "password", id: "key", required: true, autocomplete: "off", spellcheck: "false", pattern: "[!-~]+",
    title: "letters, digits and signs, without spaces", "aria-describedby": "key-words", "aria-invalid": wrong ? "true" : null,
  });
  const words = wrong ? "The server does not know this key." : "This server answers only who has one.";
  const dialog = h(
    "dialog",
    { class: "card key", "aria-labelledby": "key-title" },
    h("h2", { id: "key-title" }, "A key, please"),
    h("p", { id: "key-words", class: wrong ? "note bad" : null }, words, " It is kept in this tab until you close it, and goes to this server only."),
    h(
      "form",
      { method: "dialog" },
      h("label", { for: "key" }, "Key"),
      field,
      h("p", { class: "row" }, h("button", { type: "submit" }, "Go on"), h("button", { class: "quiet", type: "button", onclick: () => dialog.close() }, "Cancel")),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let given = false;
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      keep(field.value);
      given = true;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
    dialog.showModal();
    field.focus();
  });
}
