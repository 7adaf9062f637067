// Files that are too large for one call of the API: sent straight to its storage, then read, then confirmed.

import {Problem, wait} from "./api.js";
import {chooser} from "./columns.js";
import {button, el, fill, idle, say} from "./dom.js";
import {bytes, percent} from "./format.js";
import * as options from "./options.js";
import {preview} from "./preview.js";
import {grouped, panel, pauses} from "./problems.js";
import {ADVICE, understanding} from "./understood.js";

export const SMALL_ENOUGH = 4_400_000; // bytes: the API takes 4.5 MB with all fields
const READ_WHOLE = 4_500_000; // bytes: of a larger file, the API understands the first rows
const LARGEST = 5_000_000_000;

/** Show how a large file is sent, read and confirmed in `root`; with `columns` (fields of the form), send it at once. */
export function sendBig(root, file, {api, signal, notice}, columns = null) {
  if (file.size > LARGEST) {
    root.append(panel(new Problem(413, {title: "This file is too large", detail: `Files may have ${bytes(LARGEST)}. Split it, or pack it with gzip.`})));
    return;
  }
  const {form, chosen} = options.form();
  const state = el("div", {class: "read"});
  const go = button(`Send the file (${bytes(file.size)})`, () => {
    const now = chosen();
    if (now) start(now);
  }, {class: "main"});
  const settings = el("section", {class: "panel"}, el("h2", {text: "How the images should be"}),
    el("p", {class: "hint", text: "This file is large, so it is sent first and read afterwards. Then you see what was found in it, and can still choose other columns and settings. No image is fetched before you say so."}),
    form, el("div", {class: "actions"}, go));
  root.append(settings, state);
  if (columns) go.click();

  async function start(now) {
    idle(go);
    try {
      const announced = new FormData();
      const fields = {...options.fields(now), ...columns, size: file.size, upload_name: file.name, confirm: "true"};
      for (const [name, value] of Object.entries(fields)) announced.append(name, value);
      const {body} = await api.patiently("/uploads", {method: "POST", body: announced, signal, attempts: 6,
        headers: {"Idempotency-Key": crypto.randomUUID()}, ...pauses(notice)});
      await transfer(body.upload);
      await understood(body.request_id, now);
    } catch (problem) {
      if (signal.aborted) return;
      idle(go, false);
      fill(state, panel(problem, button("Try again", () => start(now))));
    }
  }

  function transfer({url, fields}) {
    const bar = el("progress", {max: "1", value: "0", "aria-label": "Sending the file"});
    const text = el("p", {class: "hint", text: "Sending …"});
    fill(state, el("section", {class: "panel"}, bar, text));
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch tells nothing of what was sent
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", file);
      request.upload.addEventListener("progress", event => {
        bar.value = event.loaded / event.total;
        text.textContent = `${bytes(event.loaded)} of ${bytes(event.total)} sent (${percent(event.loaded / event.total)})`;
      });
      request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(new Problem(request.status, {title: "The storage did not take the file"}))));
      request.addEventListener("error", () => reject(new Problem(0)));
      request.addEventListener("abort", () => reject(signal.reason));
      signal.addEventListener("abort", () => request.abort());
      request.open("POST", url);
      request.send(form);
    });
  }

  async function understood(id, now) {
    const text = el("p", {class: "hint", role: "status", text: "Reading it …"});
    fill(state, el("section", {class: "panel"}, text));
    for (;;) {
      const {body, retryAfter} = await api.patiently(`/uploads/${id}`, {signal, ...pauses(notice)});
      if (body.upload.state === "FAILED") {
        state.replaceChildren(
          el("section", {class: "panel bad", role: "alert"}, el("h2", {text: "This file cannot be used as it is"}), el("p", {text: ADVICE}),
            grouped(body.upload.problems, body.upload.problems_total)),
          el("section", {class: "panel"}, chooser({header: []}, true, fields => anew(id, null, fields), true)));
        return;
      }
      if (body.upload.state === "UNDERSTOOD") return confirm(id, body.understood, now);
      await wait(retryAfter ?? 1, signal);
    }
  }

  /** Remove what was sent, and begin again: with these columns at once, or else with the options. */
  async function anew(id, control, fields = null) {
    if (control) idle(control);
    try {
      await api.patiently(`/jobs/${id}`, {method: "DELETE", signal, attempts: 4, ...pauses(notice)});
      root.replaceChildren();
      sendBig(root, file, {api, signal, notice}, fields);
    } catch (problem) {
      if (signal.aborted) return;
      if (control) idle(control, false);
      state.append(panel(problem));
    }
  }

  function confirm(id, answer, now) {
    say(`${file.name} was read.`);
    const send = button("Compress the images", async () => {
      idle(send);
      try {
        await api.patiently(`/uploads/${id}/confirm`, {method: "POST", signal, attempts: 6, ...pauses(notice)});
        location.hash = `#/jobs/${id}`;
      } catch (problem) {
        if (signal.aborted) return;
        idle(send, false);
        state.append(panel(problem));
      }
    }, {class: "main"});
    const shown = understanding(answer, fields => anew(id, null, fields), {part: file.size > READ_WHOLE, again: true});
    settings.hidden = true;
    const again = button("Choose other options", () => anew(id, again), {class: "quiet"});
    fill(state);
    state.append(shown, el("section", {class: "panel"}, preview(answer, () => now, null, {api, signal, notice}), el("div", {class: "actions"}, send, again)));
  }
}
