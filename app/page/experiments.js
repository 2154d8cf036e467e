/** The article's experiments: the visitor's own photo altered, weights counted, filters while they were learnt. */
import { showAltering } from "./altering.js";
import { makeBeside } from "./beside.js";
import { h } from "./dom.js";
import { drawCat } from "./drawing.js";
import { showLearning } from "./filters_learning.js";
import { isLost } from "./gone.js";
import { showWeights } from "./weights_counted.js";

const LEAD =
  "Convolutional networks are said to find a cat wherever it sits, to need fewer weights, and to learn their filters by " +
  "themselves. Do not believe it: try.";
const OWN_INPUT =
  "What is altered is the network’s own input, the small square that it makes of your photo: so nothing but the alteration " +
  "changes, and the unaltered photo has the very answer from before.";

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
  const comparing = [showWeights(weights, context)];
  const tell = (network) => comparing.forEach(({ beside }) => beside(network));
  const beside = makeBeside(context, { came: tell, went: () => tell(null) });
  const heading = h("h1", {}, "The article’s experiments");
  root.append(
    h("div", { class: "experiments" }, heading, h("p", { class: "lead" }, LEAD), beside.element, altering, weights, learning),
  );
  const parts = [part(learning, showLearning(learning, context), context)];
  const stop = () => {
    beside.stop();
    parts.forEach((one) => one.then((end) => end()));
  };
  if (context.photo) {
    altering.append(h("p", { class: "muted" }, OWN_INPUT));
    const altered = showAltering(altering, context, memory(), beside.again);
    parts.push(altered.then((shown) => shown.stop, () => () => {}));
    try {
      comparing.push(await altered);
    } catch (error) {
      stop();
      throw error; // a forgotten photo is posted again by whoever shows this view
    }
  } else {
    invite(altering, context);
  }
  await beside.start().catch(context.trouble);
  return stop;
}

/** What each network answered, kept while the view is shown: whoever chooses it once more need not ask again. */
function memory() {
  const answers = new Map();
  return ({ model: { digest } }) => {
    if (!answers.has(digest)) answers.set(digest, new Map());
    return answers.get(digest);
  };
}

/** What a part needs may fail without the others; that the network is not there any more concerns them all. */
function part(section, showing, { trouble }) {
  return showing.catch((error) => {
    if (isLost(error)) trouble(error);
    else {
      const words = h("strong", {}, "This part cannot be shown. ");
      section.append(h("p", { class: "note bad", role: "alert" }, words, error.message));
    }
    return () => {};
  });
}

function invite(section, { post, link }) {
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
      h("a", { class: "button", href: link("/") }, "Choose a photo"),
      h("button", { type: "button", class: "quiet", onclick: drawn }, "Try a drawn cat"),
      h("span", { class: "muted" }, "or drop one anywhere on this page."),
    ),
  );
}
