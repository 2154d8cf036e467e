/** The article's experiments: the visitor's own photo altered, weights counted, filters while they were learnt. */
import { showAltering } from "./altering.js";
import { h } from "./dom.js";
import { drawCat } from "./drawing.js";
import { showLearning } from "./filters_learning.js";
import { showWeights } from "./weights_counted.js";

/**
 * Shows the experiments; those with a photo only if there is one.
 * @param {HTMLElement} root an empty section
 * @param {any} context
 * @returns {Promise<() => void>}
 */
export async function show(root, context) {
  const [altering, weights, learning] = ["altering", "weights", "learning"].map((name) =>
    h("section", { class: "card", "aria-labelledby": `h-${name}` }),
  );
  const title = (section, text) => section.append(h("h2", { id: section.getAttribute("aria-labelledby") }, text));
  title(altering, "Change the photo: is it still a cat?");
  title(weights, "Count the weights");
  title(learning, "Watch the filters learn");
  root.append(
    h(
      "div",
      { class: "experiments" },
      h("h1", {}, "The article’s experiments"),
      h(
        "p",
        { class: "lead" },
        "Convolutional networks are said to find a cat wherever it sits, to need fewer weights, and to learn their filters by themselves. Do not believe it: try.",
      ),
      altering,
      weights,
      learning,
    ),
  );
  showWeights(weights, context);
  const learnt = part(learning, showLearning(learning, context), context);
  if (!context.photo) {
    invite(altering, context);
    return after([learnt]);
  }
  altering.append(
    h(
      "p",
      { class: "muted" },
      "What is altered is the network’s own input, the small square that it makes of your photo: so nothing but the alteration changes, and the unaltered photo has the very answer from before.",
    ),
  );
  const altered = showAltering(altering, context);
  const stop = after([learnt, altered.catch(() => () => {})]);
  await altered.catch((error) => {
    stop();
    throw error; // a forgotten photo is posted again by whoever shows this view
  });
  return stop;
}

/** What a part needs may fail without the others. */
function part(section, showing) {
  return showing.catch((error) => {
    section.append(
      h("p", { class: "note bad", role: "alert" }, h("strong", {}, "This part cannot be shown. "), error.message),
    );
    return () => {};
  });
}

function after(parts) {
  return () => parts.forEach((one) => one.then((stop) => stop()));
}

function invite(section, { post }) {
  const drawn = async () => post(await drawCat());
  section.append(
    h(
      "p",
      {},
      "Slide it sideways, turn it grey, rotate it, blur it, hide a part: every position is posted to the network, and its answers become a curve. For that it needs a photo.",
    ),
    h(
      "p",
      { class: "row" },
      h("a", { class: "button", href: "#/" }, "Choose a photo"),
      h("button", { type: "button", class: "quiet", onclick: drawn }, "Try a drawn cat"),
      h("span", { class: "muted" }, "or drop one anywhere on this page."),
    ),
  );
}
