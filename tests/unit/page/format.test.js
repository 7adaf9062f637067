import assert from "node:assert/strict";
import {test} from "node:test";

import {bytes, count, duration, lines, percent, saved} from "./format.js";

test("bytes have at most three digits, in powers of 1,000", () => {
  const seen = [0, 1, 999, 1000, 9_949, 9_950, 999_499, 999_500, 1_234_567, 4.4e6, 5e9, 2e15].map(bytes);
  assert.deepEqual(seen, ["0 bytes", "1 byte", "999 bytes", "1 kB", "9.9 kB", "10 kB", "999 kB", "1 MB", "1.2 MB", "4.4 MB", "5 GB", "2,000 TB"]);
});

test("what is saved is a share of what came, and nothing if nothing came", () => {
  assert.equal(percent(saved({in: 200, out: 50})), "75%");
  assert.equal(saved({in: 100, out: 120}) < 0, true);
  assert.equal(saved({in: 0, out: 0}), null);
});

test("durations are rounded to what matters", () => {
  const seen = [0.2, 1, 89, 90, 5399, 5400, 90_000].map(duration);
  assert.deepEqual(seen, ["less than a second", "1 second", "89 seconds", "2 minutes", "90 minutes", "2 hours", "25 hours"]);
});

test("one is singular", () => {
  assert.deepEqual([count(1, "image"), count(0, "image"), count(1200, "copy", "copies")], ["1 image", "0 images", "1,200 copies"]);
});

test("lines that follow each other are a range, and only the first are named", () => {
  assert.equal(lines([4, 2, 3, 3, 7]), "2–4, 7");
  assert.equal(lines([1200]), "1,200");
  assert.equal(lines([1, 3, 5, 6, 9, 11, 12], 2), "1, 3 and 5 more");
  assert.equal(lines([]), "");
});
