/** Asks the server for answers to altered photos: one at a time, the slider's newest before those of a curve. */

const PAUSE_MS = 60; // between the slider's requests: a hand that moves on makes the last one pointless

/**
 * @param {(blob: Blob, signal: AbortSignal) => Promise<any>} predict
 * @typedef {{key: string, photo: () => Blob, done: (answer: any) => void, failed: (error: Error) => void}} Question
 */
export function makeAsker(predict) {
  const known = new Map();
  const over = new AbortController();
  let [newest, list, busy] = [null, [], false];

  async function run() {
    if (busy) return;
    busy = true;
    while (!over.signal.aborted && (newest || list.length)) {
      const question = newest ?? list.shift();
      const hurried = question === newest;
      newest = null;
      await answer(question);
      if (hurried) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    busy = false;
  }

  async function answer(question) {
    try {
      if (!known.has(question.key)) known.set(question.key, await predict(question.photo(), over.signal));
      if (!over.signal.aborted) question.done(known.get(question.key));
    } catch (error) {
      if (over.signal.aborted) return;
      list = [];
      question.failed(error);
    }
  }

  return {
    /** @param {Question} question takes the place of one that still waits */
    now(question) {
      newest = question;
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
    /** Answers that are known, by key. */
    known: (key) => known.get(key),
    stop: () => over.abort(),
  };
}
