/** Which other network answers beside the one that is looked at: chosen here, remembered in the address. */
import { fill, h } from "./dom.js";
import { called, canAnswer, listModels, networkNow } from "./networks.js";

const NONE = "-"; // in the address: no other

/**
 * @param {any} context
 * @param {{came: (network: any) => void, went: () => void}} options told which network there is to compare with, or none
 * @returns {{element: HTMLElement, start: () => Promise<void>, again: (error: Error) => void, stop: () => void}}
 */
export function makeBeside({ network, query, keep }, { came, went }) {
  const own = network.model;
  const select = h("select", { id: "beside", onchange: () => choose(select.value) });
  const note = h("div", { role: "status" });
  const element = h("div", { class: "experiment-beside", hidden: true });
  const label = h("label", { class: "row", for: "beside" }, `Beside ${called(own)} answers `, select);
  let [turn, wanted, usual, there, missing] = [0, NONE, NONE, null, ""];

  function offer(models) {
    const others = models.filter(({ name }) => name !== own.name);
    const asked = query.get("beside");
    usual = others.find(canAnswer)?.name ?? NONE;
    wanted = asked === NONE || others.some(({ name }) => name === asked) ? asked : usual;
    fill(select, others.map(option), h("option", { value: NONE, selected: wanted === NONE }, "no other network"));
    element.hidden = !others.length && !asked;
    fill(element, label, note);
    missing = asked && asked !== wanted ? `There is no network called ${asked} here.` : "";
  }

  function option(model) {
    const words = canAnswer(model) ? model.name : `${model.name}: cannot answer`;
    return h("option", { value: model.name, selected: model.name === wanted, disabled: !canAnswer(model) }, words);
  }

  function choose(name) {
    [wanted, missing] = [name, ""];
    keep({ beside: name === usual ? null : name });
    ask();
  }

  async function ask() {
    const mine = ++turn;
    const before = there;
    there = null;
    say(missing);
    if (wanted === NONE) return went();
    const waiting = ({ title, detail }) => mine === turn && say(`${wanted}: ${title}; it is asked again. ${detail}`);
    try {
      const found = await networkNow(wanted, waiting);
      if (mine !== turn) return undefined;
      const another = before && before !== found && before.model.name === wanted;
      say(another ? replaced(before.model, found.model) : missing);
      there = found;
      return found === before || came(found);
    } catch (error) {
      if (mine !== turn) return undefined;
      say(`${wanted} does not answer beside it. ${error.message}`, true);
      return went();
    }
  }

  function say(words, failed = false) {
    const button = h("button", { type: "button", class: "quiet", onclick: ask }, "Try again");
    fill(note, words && h("div", { class: failed ? "note bad row" : "note" }, h("p", {}, words), failed && button));
  }

  return {
    element,
    /** Offers what there is; the network itself comes when it is ready. */
    async start() {
      offer(await listModels());
      ask();
    },
    /** The network that was there answers no longer; its model may do so with another version. */
    again() {
      ask();
    },
    stop: () => turn++,
  };
}

const replaced = (before, after) => `${called(before)} answers no longer; now ${called(after)} does.`;
