/** Elements made one by one: text is always text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element. Properties: `class`, `style` (an object), `on…` (listeners), `dataset` (an object); others are
 * attributes: true means present, null and false mean absent.
 * @param {string} name of the tag; `svg:rect` for SVG
 * @param {Object<string, any>} [properties]
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {any}
 */
export function h(name, properties = {}, ...children) {
  const element = name.startsWith("svg:")
    ? document.createElementNS(SVG, name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "style") styled(element, value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function styled(element, rules) {
  for (const [rule, value] of Object.entries(rules)) element.style.setProperty(rule, String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Empties an element and fills it anew.
 * @param {Element} element
 * @param {...any} children as of `h`
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * A table of text with a caption.
 * @param {string} caption
 * @param {string[]} heads
 * @param {Array<Array<any>>} rows the first cell of each is its head
 * @returns {HTMLTableElement}
 */
export function table(caption, heads, rows) {
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h(
      "tbody",
      {},
      rows.map(([first, ...others]) =>
        h("tr", {}, h("th", { scope: "row" }, first), others.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}

/**
 * A disclosure whose content is made when it is first opened.
 * @param {string} summary
 * @param {() => any} content may be a promise
 * @param {boolean} [open]
 * @returns {HTMLDetailsElement}
 */
export function disclosed(summary, content, open = false) {
  const details = h("details", {}, h("summary", {}, summary));
  let made = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || made) return;
    made = true;
    append(details, [await content()]);
  });
  details.open = open;
  return details;
}

/**
 * Calls back at most once a frame, with the newest arguments.
 * @param {(...args: any[]) => void} callback
 */
export function onFrame(callback) {
  let waiting = null;
  return (...args) => {
    if (!waiting) {
      requestAnimationFrame(() => {
        const newest = waiting;
        waiting = null;
        callback(...newest);
      });
    }
    waiting = args;
  };
}
