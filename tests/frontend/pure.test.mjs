// The panels' pure JavaScript: what needs no page. Run with `make frontend`, or `node --test tests/frontend/`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { blankMap, drawLine } from "../../adain_lab/widgets/static/mask_raster.js";
import { filesOf } from "../../adain_lab/widgets/static/drop.js";
import { cornerPlace, cornerWeights } from "../../adain_lab/widgets/static/pad.js";
import { percent } from "../../adain_lab/widgets/static/weights.js";
import { pannedBy, pinched, wheelFactor, WHOLE_PICTURE, zoomedAt } from "../../adain_lab/widgets/static/zoom.js";

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

/** What lies at a place of the view, in sides of the picture. @param {any} look @param {number} x @param {number} y */
const under = ({ zoom, left, top }, x, y) => [(x - left) / zoom, (y - top) / zoom];

test("zooming keeps what lies under the pointer", () => {
  let look = WHOLE_PICTURE;
  for (const factor of [1.5, 2, 0.8]) {
    const before = under(look, 0.3, 0.6);
    look = zoomedAt(look, factor, 0.3, 0.6);
    const after = under(look, 0.3, 0.6);
    assert.ok(Math.abs(before[0] - after[0]) < 1e-9 && Math.abs(before[1] - after[1]) < 1e-9);
  }
  assert.ok(Math.abs(look.zoom - 2.4) < 1e-9);
});

test("a picture is enlarged eight times at most, never smaller than the view, and leaves no gap", () => {
  assert.equal(zoomedAt(WHOLE_PICTURE, 100).zoom, 8);
  const corner = zoomedAt(WHOLE_PICTURE, 4, 1, 1);
  assert.deepEqual(zoomedAt(corner, 0.01, 0, 0), WHOLE_PICTURE);
  for (const [x, y] of [[9, 9], [-9, -9], [0.1, -9]]) {
    const { zoom, left, top } = pannedBy(corner, x, y);
    assert.ok(left <= 0 && top <= 0 && left >= 1 - zoom && top >= 1 - zoom);
  }
});

test("two fingers that part enlarge what lies between them, and those that close make it smaller", () => {
  const other = { x: 0.4, y: 0.5 };
  const look = pinched(WHOLE_PICTURE, { x: 0.6, y: 0.5 }, { x: 0.8, y: 0.5 }, other, 1.5);
  assert.ok(Math.abs(look.zoom - 2) < 1e-9);
  assert.ok(Math.abs(under(look, 0.6, 0.5)[0] - 0.6) < 1e-9, "at the middle of the fingers");
  assert.deepEqual(pinched(look, { x: 0.8, y: 0.5 }, { x: 0.41, y: 0.5 }, other, 1.5), WHOLE_PICTURE);
  assert.ok(pinched(WHOLE_PICTURE, other, { x: 0.42, y: 0.5 }, other, 1).zoom < 1.01, "from one place");
});

test("the wheel enlarges upwards; a notch is no more than half as much again, by whatever unit", () => {
  assert.ok(wheelFactor({ deltaY: -120, deltaMode: 0 }) > 1.4 && wheelFactor({ deltaY: -120, deltaMode: 0 }) < 1.5);
  assert.ok(wheelFactor({ deltaY: 3, deltaMode: 1 }) < 1 && wheelFactor({ deltaY: 3, deltaMode: 1 }) === wheelFactor({ deltaY: 48, deltaMode: 0 }));
  assert.equal(wheelFactor({ deltaY: 0, deltaMode: 0 }), 1);
});

test("a pasted picture gets a name, a file keeps its own, and words are no files", () => {
  const of = (/** @type {File[]} */ ...files) => filesOf(/** @type {any} */ ({ files })).map((file) => file.name);
  assert.deepEqual(of(new File(["x"], "image.png"), new File(["x"], "my cat.jpg")), ["pasted.png", "my cat.jpg"]);
  assert.deepEqual([of(), filesOf(null)], [[], []]);
});
