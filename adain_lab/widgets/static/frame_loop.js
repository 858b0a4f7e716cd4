// @ts-check
// Frames on their way to Python and back, one at a time: the next one is sent when the last is back, so that a slow kernel
// drops frames and nothing queues up. Shortly before that it is taken, since making a file of it takes a while, too.

/** Over this time the rate is counted. */
const COUNTED = 2000;
/** An answer that has not come by then is lost, if the kernel has nothing to do. */
const ANSWER = 10_000;
/** So long before an answer is expected, the next frame is taken. */
const AHEAD = 50;

/**
 * @param {{take: () => Promise<ArrayBuffer | null>, send: (number: number, jpeg: ArrayBuffer) => void, idle: () => boolean}} options
 *   `take` makes a frame, null while there is none; `idle` says whether the kernel has nothing to do.
 * @returns `start` and `stop`; `back`, to be called when an answer has come and was shown; `pace`, in frames per second and
 *   milliseconds there and back.
 */
export function frameLoop({ take, send, idle }) {
  let run = 0; // 0: stopped; else the number of this run
  let runs = 0;
  let number = 0;
  let sent = { number: 0, at: 0, run: 0 };
  let timer = 0;
  let early = 0;
  let trip = 0;
  /** The next frame, where it has been taken already. @type {Promise<ArrayBuffer | null> | null} */
  let ready = null;
  /** @type {number[]} */
  let shown = [];

  /** @param {number} mine */
  const next = async (mine) => {
    const frame = ready ?? taken();
    ready = null;
    const jpeg = await frame;
    if (mine !== run) return;
    if (!jpeg) {
      timer = setTimeout(next, 50, mine);
      return;
    }
    sent = { number: ++number, at: performance.now(), run: mine };
    send(number, jpeg);
    timer = setTimeout(wait, ANSWER, mine);
    if (trip) early = setTimeout(() => (ready = taken()), Math.max(0, trip - AHEAD));
  };
  const taken = () => take().catch(() => null);
  /** @param {number} mine */
  const wait = (mine) => {
    if (mine !== run) return;
    ready = null; // by now it is old
    if (idle()) next(mine);
    else timer = setTimeout(wait, 1000, mine);
  };

  return {
    start() {
      if (run) return;
      run = ++runs;
      shown = [];
      next(run);
    },
    stop() {
      run = 0;
      clearTimeout(timer);
      clearTimeout(early);
      ready = null;
    },
    running: () => run > 0,
    /** @param {number} answered @param {boolean} good whether it brought a picture */
    back(answered, good) {
      if (!run || answered !== sent.number || sent.run !== run) return;
      clearTimeout(timer);
      clearTimeout(early);
      if (!good) {
        ready = null; // when it is tried again, that will be old
        timer = setTimeout(next, 500, run);
        return;
      }
      const now = performance.now();
      trip = now - sent.at;
      shown = [...shown.filter((moment) => now - moment < COUNTED), now];
      next(run);
    },
    pace() {
      const spans = shown.length - 1;
      return { rate: spans > 0 ? (1000 * spans) / (shown[spans] - shown[0]) : 0, trip };
    },
  };
}
