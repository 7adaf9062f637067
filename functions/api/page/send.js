// A new job: choose a file, see what is in it, set the options, send it.

import {sendBig, SMALL_ENOUGH} from "./big.js";
import {button, el, fill, idle, say} from "./dom.js";
import {bytes, count} from "./format.js";
import * as options from "./options.js";
import {preview} from "./preview.js";
import {panel, pauses} from "./problems.js";
import {understanding} from "./understood.js";

const TYPES = ".csv,.tsv,.txt,.xlsx,.xlsm,.xlsb,.xls,.ods,.gz";
const SAMPLE = new URL("./example.csv", import.meta.url);

/** Show the view of a new job; `file` was dropped already. */
export function show(root, _params, {api, signal, file, notice}) {
  document.title = "New job – Catalight";
  const chosen = el("div", {});
  const heading = el("h1", {tabindex: "-1", class: "name", text: "Lighter images for your catalogue"});
  const size = el("p", {class: "hint"});
  const other = el("label", {for: "file", class: "button", text: "Choose a file"});
  const picker = el("input", {type: "file", id: "file", accept: TYPES, class: "unseen", on: {change: () => picker.files[0] && take(picker.files[0])}});
  const zone = el("section", {class: "zone"},
    heading,
    el("p", {class: "lead", text: "Choose the file of your supplier or shop. Catalight fetches every image in it, compresses it, and gives you the file back with the new URLs."}),
    el("p", {class: "actions"}, picker, other, button("Try it with a sample", sample, {class: "quiet first"})),
    el("p", {class: "hint first", text: "CSV, Excel or OpenDocument, also packed with gzip. You can drop it anywhere on this page."}), size);
  root.append(zone, chosen);
  if (file) take(file);

  async function sample() {
    const answer = await fetch(SAMPLE, {signal});
    take(new File([await answer.blob()], "example.csv", {type: "text/csv"}));
  }

  /** Read a file that was chosen, with these other columns. */
  function take(file, columns = {}) {
    picker.value = "";
    zone.classList.add("small");
    heading.textContent = file.name;
    size.textContent = bytes(file.size);
    other.textContent = "Choose another file";
    other.classList.add("quiet");
    const rest = el("div", {});
    if (chosen.contains(document.activeElement)) heading.focus();
    chosen.replaceChildren(rest);
    if (file.size > SMALL_ENOUGH) return sendBig(rest, file, {api, signal, notice});
    return check(rest, file, columns);
  }

  async function check(rest, file, columns) {
    const reading = el("p", {class: "hint", role: "status", text: "Reading it …"});
    rest.append(reading);
    try {
      await api.get("/jobs?limit=1", {signal}); // asks for the key before the file is sent
      const form = formOf(file, columns);
      const {body} = await api.patiently("/upload?dry_run=true", {method: "POST", body: form, signal, attempts: 5, ...pauses(notice)});
      reading.remove();
      rest.append(understanding(body, other => take(file, other)));
      say(body.accepted ? `${file.name} was read: ${count(body.images, "image")}.` : `${file.name} cannot be used as it is.`);
      if (body.accepted) rest.append(ready(file, columns, body));
    } catch (problem) {
      if (signal.aborted) return;
      reading.remove();
      rest.append(panel(problem, button("Try again", () => take(file, columns))));
    }
  }

  function ready(file, columns, answer) {
    const {form, chosen: choices} = options.form();
    const failed = el("div", {});
    const go = button("Compress the images", async () => {
      const now = choices();
      if (!now) return;
      idle(go);
      fill(failed);
      const id = crypto.randomUUID(); // the same for every attempt, so that the job exists once
      try {
        const {body} = await api.patiently("/upload", {method: "POST", body: formOf(file, {...columns, ...options.fields(now)}),
          headers: {"Idempotency-Key": id}, signal, attempts: 6, ...pauses(notice)});
        location.hash = `#/jobs/${body.request_id}`;
      } catch (problem) {
        if (signal.aborted) return;
        idle(go, false);
        failed.append(panel(problem));
      }
    }, {class: "main"});
    return el("section", {class: "panel"}, el("h2", {text: "How the images should be"}), form, preview(answer, choices, form, {api, signal, notice}), failed, el("div", {class: "actions"}, go));
  }
}

/** Return the form of a file with these fields. */
function formOf(file, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return form;
}
