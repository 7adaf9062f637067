import assert from "node:assert/strict";
import {afterEach, beforeEach, test} from "node:test";

import {api, pause, Problem, wait} from "./api.js";

const browser = new EventTarget();
const slow = globalThis.setTimeout;
let pauses, sent, answers, stored, asked;

const answer = (status, body = {}, headers = {}) => new Response(
  status === 204 ? null : JSON.stringify(body), {status, headers: {"Content-Type": "application/json", ...headers}});
const problem = (status, type, headers) => answer(status, {type: `urn:catalight:problem:${type}`, title: "T", detail: "D"}, headers);

beforeEach(() => {
  [pauses, sent, answers, stored, asked] = [[], [], [], "", []];
  globalThis.addEventListener = browser.addEventListener.bind(browser);
  globalThis.removeEventListener = browser.removeEventListener.bind(browser);
  globalThis.setTimeout = (run, milliseconds) => { pauses.push(milliseconds / 1000); return slow(run, 0); };
  globalThis.fetch = async (path, options) => {
    sent.push([options.method, path, options.headers.Authorization]);
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return typeof next === "function" ? next() : next;
  };
});
afterEach(() => { globalThis.setTimeout = slow; });

/** The calls, with a person who gives these keys when asked, then closes the dialog. */
const calls = (...keys) => api({get: () => stored, ask: async wrong => {
  asked.push(wrong);
  stored = keys.shift() ?? stored;
  return keys.length >= 0 && stored !== "" && asked.length <= 2;
}});

test("pauses double up to half a minute, unless the service asks for another", () => {
  assert.deepEqual([0, 1, 2, 5, 50].map(attempt => pause(attempt)), [1, 2, 4, 30, 30]);
  assert.equal(pause(9, 3), 3);
  assert.equal(pause(1, 0), 2);
});

test("a patient call goes on through everything that passes", async () => {
  const broken = () => new Response(new ReadableStream({start: stream => stream.error(new TypeError("reset"))}), {headers: {"Content-Type": "application/json"}});
  answers = [new TypeError("refused"), broken, problem(429, "redelivery", {"Retry-After": "7"}), answer(500, {message: "Internal Server Error"}),
    answer(502), problem(503, "unavailable", {"Retry-After": "3"}), answer(504), answer(200, {here: true}, {"Retry-After": "2"})];
  const told = [];
  let resumed = 0;
  const seen = await calls().patiently("/status/1", {onPause: (reason, seconds) => told.push([reason.status, seconds]), onResume: () => { resumed += 1; }});
  assert.deepEqual(seen, {status: 200, body: {here: true}, retryAfter: 2});
  assert.deepEqual(told, [[0, 1], [0, 2], [429, 7], [500, 8], [502, 16], [503, 3], [504, 30]]);
  assert.deepEqual(pauses, told.map(([, seconds]) => seconds));
  assert.equal(resumed, 1);
});

test("what does not pass, and a limit that lasts, are told at once", async () => {
  for (const refusal of [problem(404, "job-not-found"), problem(500, "internal-error"), problem(429, "limit"), problem(429, "limit", {"Retry-After": "30000"})]) {
    answers = [refusal];
    await assert.rejects(calls().patiently("/x"), error => error instanceof Problem && error.detail === "D");
  }
  assert.deepEqual(pauses, []);
});

test("a patient call with a number of attempts gives up with the last problem", async () => {
  answers = [answer(503), answer(503), answer(504)];
  await assert.rejects(calls().patiently("/x", {attempts: 3}), {status: 504});
  assert.equal(sent.length, 3);
});

test("a key is asked for once it is wanted, then sent, and asked for again if it is wrong", async () => {
  answers = [problem(401, "unauthorized"), problem(401, "unauthorized"), answer(200, {jobs: []})];
  assert.deepEqual(await calls("first", "second").get("/jobs"), {jobs: []});
  assert.deepEqual(asked, [false, true]);
  assert.deepEqual(sent.map(([, , header]) => header), [undefined, "Bearer first", "Bearer second"]);
});

test("a call that failed with the former key takes the one that was given meanwhile", async () => {
  stored = "former";
  answers = [() => { stored = "given"; return problem(401, "unauthorized"); }, answer(200)];
  await calls().get("/jobs");
  assert.deepEqual(asked, []);
});

test("without a key the refusal stands", async () => {
  answers = [problem(401, "unauthorized")];
  await assert.rejects(calls().get("/jobs"), {status: 401, type: "unauthorized"});
});

test("an answer without content is none", async () => {
  answers = [answer(204)];
  assert.deepEqual(await calls().delete("/jobs/1"), {});
});

test("a pause ends when the browser is online again, or the view is left", async () => {
  globalThis.setTimeout = () => 0; // never
  const waiting = wait(1000);
  browser.dispatchEvent(new Event("online"));
  await waiting;
  const leave = new AbortController();
  const left = wait(1000, leave.signal);
  leave.abort(new Error("left"));
  await assert.rejects(left, {message: "left"});
  await assert.rejects(wait(1000, leave.signal), {message: "left"});
});
