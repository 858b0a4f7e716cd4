// The panels' pure JavaScript: what needs no page. Run with `make frontend`, or `node --test tests/frontend/`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { blankMap, drawLine } from "../../adain_lab/widgets/static/mask_raster.js";
import { cornerPlace, cornerWeights } from "../../adain_lab/widgets/static/pad.js";
import { percent } from "../../adain_lab/widgets/static/weights.js";

test("a corner of the pad is all of one style, the middle a quarter of each", () => {
  assert.deepEqual(cornerWeights(0, 0), [1, 0, 0, 0]);
  assert.deepEqual(cornerWeights(1, 1), [0, 0, 0, 1]);
  assert.deepEqual(cornerWeights(0.5, 0.5), [0.25, 0.25, 0.25, 0.25]);
});

test("weights of a place lead back to it, and others are off the pad", () => {
  for (const [x, y] of [[0, 0], [0.2, 0.9], [0.75, 0.5], [1, 0]]) {
    const place = cornerPlace(cornerWeights(x, y).map((weight) => 3 * weight));
    assert.ok(Math.abs(place.x - x) < 1e-9 && Math.abs(place.y - y) < 1e-9 && !place.off);
  }
  assert.ok(cornerPlace([1, 0, 0, 1]).off);
  assert.deepEqual(cornerPlace([0, 0, 0, 0]).x, 0);
});

test("shares are rounded to whole per cent", () => {
  assert.equal(percent(1 / 3), "33 %");
});

/** @param {{width: number, height: number, labels: Uint8Array}} map @param {number} label */
const count = (map, label) => map.labels.filter((value) => value === label).length;

test("a map begins empty, and a dot of the smallest brush is a few pixels", () => {
  const map = blankMap(8, 6);
  assert.equal(map.labels.length, 48);
  assert.equal(count(map, 0), 48);
  drawLine(map, [4, 3], [4, 3], 1, 2);
  assert.ok(count(map, 2) >= 1 && count(map, 2) <= 4);
});

test("a line covers what lies between its ends, and stays inside the map", () => {
  const map = blankMap(20, 10);
  drawLine(map, [-5, 5], [30, 5], 4, 1);
  for (let x = 0; x < 20; x++) assert.equal(map.labels[5 * 20 + x], 1);
  assert.equal(map.labels[0], 0);
  assert.equal(map.labels[9 * 20 + 10], 0);
  drawLine(map, [10, 5], [10, 5], 2, 3);
  assert.ok(count(map, 3) > 0 && count(map, 1) > 0, "what is drawn later lies above");
});
