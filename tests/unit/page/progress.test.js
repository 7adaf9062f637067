import assert from "node:assert/strict";
import {test} from "node:test";

import {Pace} from "./progress.js";

test("rate and time left come from what was seen", () => {
  const pace = new Pace();
  pace.see(0, 0);
  assert.equal(pace.rate(), null);
  pace.see(10, 5_000);
  assert.equal(pace.rate(), 2);
  assert.equal(pace.remaining(30), 15);
});

test("the time before the first image is fetched does not count", () => {
  const pace = new Pace();
  for (const now of [0, 2_000, 60_000]) pace.see(0, now, true);
  pace.see(8, 62_000);
  assert.equal(pace.rate(), 4);
});

test("only the last seconds count", () => {
  const pace = new Pace();
  for (let second = 0; second <= 62; second += 2) pace.see(second < 30 ? 0 : (second - 30) * 4, second * 1000);
  assert.equal(pace.rate(), 4);
});

test("a retry begins anew, and a standstill has no time left", () => {
  const pace = new Pace();
  pace.see(0, 0);
  pace.see(20, 4_000);
  pace.see(15, 6_000);
  assert.equal(pace.rate(), null);
  pace.see(15, 10_000);
  assert.equal(pace.remaining(5), null);
});
