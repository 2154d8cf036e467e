/** Asks one network for answers to altered photos: one at a time, the slider's newest before those of a curve. */

const PAUSE_MS = 60; // between the slider's requests: a hand that moves on makes the last one pointless

/**
 * @typedef {{key: string, photo: () => Blob}} Question
 * @param {(blob: Blob, signal: AbortSignal) => Promise<any>} predict
 * @param {Map<string, any>} known answers by key, to be added to
 * @param {{done: (key: string) => void, failed: (error: Error) => void}} listener
 */
export function makeAsker(predict, known, { done, failed }) {
  const over = new AbortController();
  let [newest, list, busy] = [[], [], false];

  async function run() {
    if (busy) return;
    busy = true;
    while (!over.signal.aborted && (newest.length || list.length)) {
      const hurried = newest.length > 0;
      await answer(hurried ? newest.shift() : list.shift());
      if (hurried) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    busy = false;
  }

  async function answer({ key, photo }) {
    try {
      if (!known.has(key)) known.set(key, await predict(photo(), over.signal));
      if (!over.signal.aborted) done(key);
    } catch (error) {
      if (over.signal.aborted) return;
      [newest, list] = [[], []];
      failed(error);
    }
  }

  return {
    /** @param {Question[]} questions take the place of those that still wait to be asked like this */
    now(questions) {
      newest = questions;
      run();
    },
    /** @param {Question[]} questions one after the other */
    all(questions) {
      list = questions;
      run();
    },
    /** Leaves out what is still in the list. */
    cancel() {
      list = [];
    },
    stop: () => over.abort(),
  };
}
