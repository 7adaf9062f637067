// The page's modules that need no browser.
import assert from "node:assert/strict";
import {test} from "node:test";

const page = new URL("../../../../../functions/api/page/", import.meta.url);
const {Problem, api, pause} = await import(new URL("api.js", page));
const {bytes, count, duration, lines} = await import(new URL("format.js", page));
const {Pace} = await import(new URL("progress.js", page));
const {fields} = await import(new URL("options.js", page));

const key = {get: () => "catalight_secret", ask: async () => false};

function answering(...answers) {
  const calls = [];
  globalThis.fetch = async (path, options) => {
    calls.push([path, options]);
    const [status, body, headers] = answers.shift();
    if (status === 0) throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(body), {status, headers: {"Content-Type": "application/json", ...headers}});
  };
  return calls;
}

globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};

test("numbers are in words", () => {
  assert.equal(count(1, "image"), "1 image");
  assert.equal(count(2, "image"), "2 images");
  assert.equal(bytes(1), "1 byte");
  assert.match(bytes(1_234_567), /^1.2.MB$/);
  assert.match(bytes(999_900), /^1.MB$/);
  assert.equal(duration(0.2), "less than a second");
  assert.equal(duration(200), "3 minutes");
  assert.equal(lines([4, 2, 3, 9, 9]), "2–4, 9");
  assert.equal(lines([1, 3, 5, 7], 2), "1, 3 and 2 more");
});

test("pauses double, unless the service names one", () => {
  assert.deepEqual([0, 1, 2, 9].map(attempt => pause(attempt)), [1, 2, 4, 30]);
  assert.equal(pause(9, 7), 7);
});

test("what may pass is tried again, and nothing else", async () => {
  const calls = answering([503, {}, {"Retry-After": "0"}], [0], [200, {fine: true}]);
  const pauses = [];
  globalThis.setTimeout = run => { queueMicrotask(run); return 0; };
  const {body} = await api(key).patiently("/status/1", {onPause: (problem, seconds) => pauses.push([problem.status, seconds])});
  assert.deepEqual(body, {fine: true});
  assert.deepEqual(pauses, [[503, 0], [0, 2]]);
  assert.equal(calls[0][1].headers.Authorization, "Bearer catalight_secret");
  answering([404, {type: "urn:catalight:problem:job-not-found", detail: "No."}]);
  await assert.rejects(api(key).patiently("/status/1"), error => error instanceof Problem && error.type === "job-not-found");
});

test("a limit of the day is not waited for", () => {
  assert.equal(new Problem(429, {type: "urn:catalight:problem:limit"}, null).passes, false);
  assert.equal(new Problem(429, {type: "urn:catalight:problem:limit"}, 3).passes, true);
});

test("the pace is that of the last half minute, and unknown at first", () => {
  const pace = new Pace();
  pace.see(0, 0);
  assert.equal(pace.rate(), null);
  for (let second = 1; second <= 100; second += 1) pace.see(second < 50 ? second : 50 + 10 * (second - 50), second * 1000);
  assert.ok(Math.abs(pace.rate() - 10) < 0.5);
  assert.ok(Math.abs(pace.remaining(100) - 10) < 1);
  pace.see(3, 101_000); // a retry
  assert.equal(pace.rate(), null);
});

test("presets exclude the other settings", () => {
  const options = {look: "number", quality: "40", renditions: "", format: "webp", max_width: "", max_height: "9", background: "#fff", result: "append"};
  assert.deepEqual(fields(options), {result: "append", quality: "40", format: "webp", max_height: "9", background: "#fff"});
  assert.deepEqual(fields({...options, renditions: '["shopify"]'}), {result: "append", renditions: '["shopify"]'});
  assert.deepEqual(fields({...options, look: "high"}).quality, "auto");
});
