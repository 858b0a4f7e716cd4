// Frames to Python and back: one at a time, and the next one is made while the last is away.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { frameLoop } from "../../adain_lab/widgets/static/frame_loop.js";

const KERNEL = 120;

/** A loop whose kernel answers after KERNEL milliseconds; `log` says what happened. */
function running(t) {
  const log = [];
  const loop = frameLoop({
    take: async () => {
      log.push("take");
      await pause(5);
      return new ArrayBuffer(1);
    },
    send: (number) => {
      log.push("send");
      setTimeout(() => { log.push("back"); loop.back(number, true); }, KERNEL);
    },
    idle: () => true,
  });
  t.after(() => loop.stop());
  loop.start();
  return { loop, log };
}

test("the next frame is sent when the last is back, and was taken before", async (t) => {
  const { loop, log } = running(t);
  await pause(5 * KERNEL);
  const events = log.join(" ");
  assert.match(events, /^take send back take send take back send/, "once it is known how long an answer takes, a frame is ready");
  assert.doesNotMatch(events, /send (take )?send/, "one at a time");
  assert.doesNotMatch(events, /take take/);
  assert.ok(loop.pace().trip >= KERNEL - 2 && loop.pace().rate > 0);
});

test("after a stop nothing is taken or sent, and a new start takes a new frame", async (t) => {
  const { loop, log } = running(t);
  await pause(2.5 * KERNEL);
  loop.stop();
  log.length = 0;
  await pause(2 * KERNEL);
  assert.deepEqual(log.filter((event) => event !== "back"), []);
  log.length = 0;
  loop.start();
  await pause(KERNEL / 2);
  assert.deepEqual(log.slice(0, 2), ["take", "send"]);
});
