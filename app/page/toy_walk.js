/** The filter's walk over the picture: by itself, or step by step. */

const STEP_MS = 900;

/**
 * @param {object} options
 * @param {() => number} options.count places there are
 * @param {(place: number|null) => void} options.onPlace the filter stands there; null: the walk is over
 * @param {(playing: boolean) => void} options.onPlaying
 */
export function makeWalk({ count, onPlace, onPlaying }) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let place = null;
  let timer = null;

  function stop() {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    onPlaying(false);
  }

  function forward() {
    const next = place === null ? 0 : place + 1;
    place = next < count() ? next : null;
    if (place === null) stop();
    onPlace(place);
  }

  return {
    calm: () => calm.matches,
    playing: () => timer !== null,
    stop,
    /** Plays, or pauses; where motion is not wanted, one step. */
    play() {
      if (timer !== null) stop();
      else {
        forward();
        if (calm.matches || place === null) return;
        timer = setInterval(forward, STEP_MS);
        onPlaying(true);
      }
    },
    forward() {
      stop();
      forward();
    },
    back() {
      stop();
      place = place === null ? count() - 1 : Math.max(0, place - 1);
      onPlace(place);
    },
    /** Stops for good, and shows all. */
    end() {
      stop();
      place = null;
    },
  };
}
