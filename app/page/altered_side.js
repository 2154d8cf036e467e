/** One network that answers altered photos: what it said so far, what it is being asked, and what went wrong. */
import { makeAsker } from "./asking.js";
import { called, exactly } from "./networks.js";

export const UNALTERED = "unaltered"; // the key of the photo as it was

/** The probabilities of an answer, by label. */
export const scoresOf = ({ predictions }) => Object.fromEntries(predictions.map(({ label, score }) => [label, score]));

/**
 * @typedef {object} Side
 * @property {any} network
 * @property {string} name
 * @property {string[]} labels
 * @property {(key: string) => Object<string, number>|undefined} at the answer to what has this key
 * @property {boolean} waiting whether a whole curve is being asked for
 * @property {Error|null} trouble why there is no answer
 * @property {Error|null} delay why an answer takes its time
 *
 * @param {any} network of GET /layers: it alone is asked, whatever answers others meanwhile
 * @param {object} options
 * @param {any} options.api
 * @param {string[]} options.order of labels, as far as this network knows them
 * @param {Map<string, any>} options.known answers by key, to be added to
 * @param {() => void} options.changed called after each answer and each failure
 * @returns {Side & Object<string, any>}
 */
export function makeSide(network, { api, order, known, changed }) {
  const { labels } = network;
  const wanted = new Set(); // keys of the curve that is being asked for
  const asker = makeAsker(predict, known, { done, failed });
  const side = {
    network,
    name: called(network.model),
    labels: [...order.filter((label) => labels.includes(label)), ...labels.filter((label) => !order.includes(label))],
    at: (key) => known.get(key),
    trouble: null,
    delay: null,
    get waiting() {
      return wanted.size > 0;
    },
    /** Asks for what is not known of this, before anything else. @param {import("./asking.js").Question[]} questions */
    ask: (questions) => asker.now(questions.filter(({ key }) => !known.has(key))),
    /** Asks for what is not known of this, one after the other. @param {import("./asking.js").Question[]} questions */
    askAll(questions) {
      const missing = questions.filter(({ key }) => !known.has(key));
      for (const { key } of missing) wanted.add(key);
      asker.all(missing);
    },
    /** Asks for no more of a curve than is on its way. */
    cancel() {
      wanted.clear();
      asker.cancel();
    },
    stop: asker.stop,
  };

  async function predict(blob, signal) {
    const waiting = (problem) => tell({ delay: problem });
    return scoresOf(await api.predict(blob, { signal, keep: false, waiting, ...exactly(network) }));
  }

  function done(key) {
    wanted.delete(key);
    tell({ trouble: null, delay: null });
  }

  function failed(error) {
    wanted.clear();
    tell({ trouble: error, delay: null });
  }

  function tell(facts) {
    Object.assign(side, facts);
    changed();
  }

  return side;
}
