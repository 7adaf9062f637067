// What can be downloaded from a job that has ended. What is not written yet is made at the first request.

import {wait} from "./api.js";
import {button, el, idle} from "./dom.js";
import {percent} from "./format.js";
import {panel, pauses} from "./problems.js";

const TEXT = /\.(csv|tsv|txt)(\.gz)?$/i;
const WORKBOOK = /\.(xls[xmb]?|ods)(\.gz)?$/i;

/** Return the panel of downloads of a job; the result is in the form of its file. */
export function downloads({request_id: id, file_name: name, images: {failed}}, {api, signal, notice}) {
  const trouble = el("div", {});
  const forms = [
    ["", "The file with the new URLs", "main"],
    ...(WORKBOOK.test(name) ? [] : [["format=xlsx", "The same as Excel"]]),
    ...(TEXT.test(name) ? [] : [["format=csv", "The same as CSV"]]),
    ["format=zip", "All images (ZIP)"],
    ...(failed ? [["rows=failed", "Only the rows that failed"]] : []),
  ];
  const links = forms.map(([query, label, look]) => button(label, event => get(query, label, event.currentTarget), {class: look ?? "quiet"}));
  return el("section", {class: "panel"}, el("h2", {text: "Download"}), el("div", {class: "actions"}, ...links), trouble);

  async function get(query, label, control) {
    idle(control);
    trouble.replaceChildren();
    try {
      for (;;) {
        const {status, body} = await api.patiently(`/download/${id}?redirect=false${query && "&"}${query}`, {signal, ...pauses(notice)});
        if (status !== 202) {
          location.assign(body.url);
          break;
        }
        control.textContent = body.total ? `Preparing: ${percent(body.done / body.total)}` : "Preparing …";
        await wait(body.retry_after, signal);
      }
    } catch (problem) {
      if (!signal.aborted) trouble.append(panel(problem));
    } finally {
      control.textContent = label;
      idle(control, false);
    }
  }
}
