// What the panels send to Python, and in which order. Run with `make frontend`, or `node --test tests/frontend/`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { picturesOf, sender } from "../../adain_lab/widgets/static/stage.js";

/** A model that notes what is sent: a message's words, or a state. */
function notedModel() {
  const sent = [];
  let changed = {};
  return {
    sent,
    set: (name, value) => { changed[name] = value; },
    save_changes: () => {
      sent.push(changed);
      changed = {};
    },
  };
}

test("what the hand has moved goes in the same message as what it asks for", () => {
  const model = notedModel();
  const gone = new AbortController();
  const send = sender(model, gone.signal);
  send.push({ position: [0, 0] }); // the first goes at once, the next one waits for its turn
  send.push({ position: [1, 1] });
  send.push({ alpha: 0.5 });
  assert.ok(send.waits("position") && send.waits("alpha"));
  send.ask({ do: "save", view: "v" });
  send.ask({ do: "save", view: "v" });
  gone.abort();
  const [first, second, third] = model.sent;
  assert.deepEqual(first, { position: [0, 0] });
  assert.deepEqual([second.position, second.alpha, second.request.do], [[1, 1], 0.5, "save"]);
  assert.deepEqual(Object.keys(third), ["request"]);
  assert.notEqual(second.request.number, third.request.number, "asked twice, it is a change twice");
  assert.equal(model.sent.length, 3);
  assert.ok(!send.waits("position"));
});

test("every picture has its thumbnail, wherever it came from", () => {
  const state = {
    patterns: [
      { name: "kilim", own: false },
      { name: "mine", own: true, slot: 3 },
      { name: "one too many", own: true, thumbnail: "C" },
    ],
    thumbnails: { patterns: { kilim: "A" } },
    patterns_thumbnail_3: "B",
  };
  const pictures = picturesOf({ get: (/** @type {string} */ name) => state[name] }, "patterns");
  assert.deepEqual(pictures.map(({ thumbnail }) => thumbnail), ["A", "B", "C"]);
});
