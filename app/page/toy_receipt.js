/** The arithmetic of one cell of the answer: nine products, their sum, and what becomes of it. */
import { fill, h } from "./dom.js";
import { arithmetic, numeral, place, poolWords, reluWords, rounded } from "./toy_words.js";

/** @param {(index: number|null) => void} onPoint a product was hovered */
export function makeReceipt(onPoint) {
  const where = h("p", { class: "toy-where" });
  const products = h("ol", { class: "toy-products", "aria-label": "The nine products" });
  const total = h("p", { class: "toy-total" });
  const relu = h("p");
  const pool = h("p");
  const element = h(
    "section",
    { class: "card toy-receipt", "aria-label": "How this number comes about" },
    products,
    h("div", { class: "toy-story", id: "toy-story" }, where, total, relu, pool),
  );
  products.addEventListener("pointerover", (event) => {
    const item = event.target.closest("li");
    if (item) onPoint([...products.children].indexOf(item));
  });
  products.addEventListener("pointerleave", () => onPoint(null));

  /**
   * @param {object} shown
   * @param {{row: number, column: number, index: number}} shown.at
   * @param {import("./toy_arithmetic.js").Term[]} shown.terms
   * @param {any} shown.results of all steps
   * @param {any} shown.toy
   */
  function draw({ at, terms, results, toy }) {
    const { bias, linked } = toy;
    const sum = results.sums.cells[at.index];
    const pooled = results.windows?.find(({ cells }) => cells.includes(at.index));
    where.textContent = place(at, terms);
    if (products.children.length !== terms.length)
      fill(
        products,
        terms.map(() => h("li")),
      );
    terms.forEach((term, index) => {
      const item = products.children[index];
      const silent = term.product === 0 ? " silent" : "";
      const name =
        `${term.product < 0 ? "below" : term.product > 0 ? "above" : "zero"}${silent}` +
        (linked === index ? " linked" : "") +
        (term.inside ? "" : " padding");
      if (item.className !== name) item.className = name;
      const [pair, result] = [`${numeral(term.input)} × ${numeral(term.weight)} `, `= ${numeral(term.product)}`];
      if (item.textContent !== pair + result) fill(item, pair, h("b", {}, result));
    });
    const signed = terms
      .map(({ product }) => product)
      .filter((product) => product !== 0)
      .concat(bias || []);
    const added = signed.map((value, index) =>
      index === 0 ? numeral(value) : `${value < 0 ? "−" : "+"} ${numeral(Math.abs(value))}`,
    );
    fill(
      total,
      h(
        "span",
        { class: "toy-added" },
        added.join(" ") || "0",
        signed.length > 1 || rounded(sum) ? ` ${rounded(sum) ? "≈" : "="} ` : " = ",
      ),
      h("strong", {}, numeral(sum)),
      bias ? h("small", {}, ` with the bias ${numeral(bias)} at the end`) : null,
    );
    total.setAttribute("aria-label", arithmetic(terms, bias, sum));
    relu.textContent = reluWords(sum, toy.relu);
    const full = toy.walked === null || !pooled || Math.max(...pooled.cells) <= toy.walked;
    pool.textContent = !full
      ? "Pooling waits until its 2 × 2 window is full."
      : poolWords(results.passed.cells[at.index], pooled, at.index, results.passed.cells, toy.pooling);
  }

  return { element, draw };
}
