// A look before it costs: one image of the file, as the options would make it, beside its original.

import advice from "./advice.js";
import {wait} from "./api.js";
import {compare} from "./compare.js";
import {button, el, say} from "./dom.js";
import {CAUSES} from "./failures.js";
import {bytes, count, number, percent} from "./format.js";
import {fields} from "./options.js";
import {panel, pauses} from "./problems.js";

const MOST = 30; // images to choose from
const TICK = 1; // seconds, if the API names none

/**
 * Return the look at one of `answer`'s images, or null if it has none. `chosen` returns the options, or null if they
 * are not valid; `form` is where they are changed, if they can be.
 */
export function preview(answer, chosen, form, {api, signal, notice}) {
  const images = choices(answer);
  if (!images.length) return null;
  const shown = el("div", {class: "looked"});
  const stale = el("p", {class: "hint", text: "The settings have changed since. Show the difference again to see what they do."});
  const which = el("select", {id: "preview-image", "aria-label": "Image to look at"}, ...images.map(({name}, index) => el("option", {value: index, text: name})));
  let former = new AbortController();
  stale.hidden = true;
  form?.addEventListener("input", () => { stale.hidden = !shown.querySelector(".compare"); });

  async function look() {
    const options = chosen();
    if (!options) return;
    former.abort(new DOMException("Another look was asked for.", "AbortError"));
    former = new AbortController();
    const either = AbortSignal.any([signal, former.signal]);
    const {url, name} = images[which.value];
    stale.hidden = true;
    shown.replaceChildren(el("p", {class: "hint", role: "status", text: "Fetching this one image and compressing it …"}));
    try {
      const seen = await made(url, options, {api, signal: either, notice});
      shown.replaceChildren(...(seen.state === "FAILED" ? failed(seen.error) : done(seen, name)));
      say(seen.state === "FAILED" ? "The image could not be compressed." : facts(seen));
    } catch (problem) {
      if (!either.aborted) shown.replaceChildren(panel(problem));
    }
  }

  return el("section", {class: "preview", "aria-labelledby": "preview-title"},
    el("h3", {id: "preview-title", text: "See one image first"}),
    el("p", {class: "hint", text: "Only this image is fetched. You see its original and what these settings make of it."}),
    el("div", {class: "actions"}, images.length > 1 ? which : null, button("Show the difference", look, {class: "quiet"})), stale, shown);
}

/** Return the images of the first rows that can be fetched, each once, named by line and product. */
export function choices({first_rows: rows, header, understood}) {
  const title = header.indexOf(understood.columns?.name ?? understood.columns?.serial ?? "");
  const found = new Map();
  for (const row of rows) {
    for (const {url, fault} of row.images) {
      const product = row.cells[title] || url.split("/").at(-1);
      if (!fault && url && !found.has(url)) found.set(url, {url, name: `Line ${number(row.line)}: ${product}`});
    }
  }
  return [...found.values()].slice(0, MOST);
}

async function made(url, options, {api, signal, notice}) {
  const form = new FormData();
  const {result, ...one} = fields(options); // the form of the result changes no image
  for (const [name, value] of Object.entries({url, ...one})) form.append(name, value);
  const {body: begun} = await api.patiently("/preview", {method: "POST", body: form, signal, attempts: 5,
    headers: {"Idempotency-Key": crypto.randomUUID()}, ...pauses(notice)});
  for (;;) {
    const {body, retryAfter} = await api.patiently(`/preview/${begun.preview_id}`, {signal, attempts: 8, ...pauses(notice)});
    if (body.state !== "PENDING") return body;
    await wait(retryAfter ?? TICK, signal);
  }
}

function failed({code, detail}) {
  return [el("div", {class: "panel bad", role: "alert"}, el("h3", {text: CAUSES[code] ?? "This image cannot be compressed"}),
    el("p", {text: [detail, advice[code], "Other images of the file may do well: look at another."].filter(Boolean).join(" ")}))];
}

function done(seen, name) {
  return [el("p", {class: "lead"}, el("strong", {text: weight(seen)}), ` ${size(seen)}`),
    compare({before: seen.original.url, after: seen.image.url, label: name, width: seen.image.width, height: seen.image.height})];
}

const facts = seen => `${weight(seen)} ${size(seen)}`;

function weight({original, image}) {
  const share = 1 - image.bytes / original.bytes;
  if (share < 0.005) return `${bytes(image.bytes)}: no lighter than the original (${bytes(original.bytes)}).`;
  return `${percent(share)} saved: ${bytes(original.bytes)} became ${bytes(image.bytes)}.`;
}

/** Say how large the image is, what it was, and at which quality it was made, if that was chosen for it. */
function size({original, image}) {
  const now = `${number(image.width)} × ${count(image.height, "pixel")}`;
  const kind = image.type.split("/").at(-1).toUpperCase();
  const before = image.width === original.width && image.height === original.height ? "" : ` instead of ${number(original.width)} × ${number(original.height)}`;
  return `${kind}, ${now}${before}${image.quality ? `, at quality ${number(image.quality)}` : ""}.`;
}
