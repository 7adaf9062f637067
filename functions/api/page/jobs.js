// The list of jobs, newest first.

import {button, el, idle} from "./dom.js";
import {count, date, number, percent, saved} from "./format.js";
import {panel, pauses} from "./problems.js";

export const STATES = {PENDING: "Waiting", PROCESSING: "Running", COMPLETED: "Done", CANCELLED: "Cancelled", FAILED: "File refused"};

/** Show the list of jobs. */
export function show(root, _params, {api, signal, notice}) {
  document.title = "Jobs – Catalight";
  const list = el("ul", {class: "jobs"});
  const more = button("Show older jobs", () => page(), {class: "quiet"});
  more.hidden = true;
  let cursor = "";
  root.append(el("h1", {tabindex: "-1", text: "Jobs"}), list, more);
  page();

  async function page() {
    idle(more);
    try {
      const {body} = await api.patiently(`/jobs?limit=50&cursor=${encodeURIComponent(cursor)}`, {signal, ...pauses(notice)});
      list.append(...body.jobs.map(line));
      if (!list.children.length) {
        list.replaceWith(el("p", {class: "lead", text: "No jobs yet. "}, el("a", {href: "#/", text: "Begin with a file"})));
      }
      cursor = body.next;
      more.hidden = !cursor;
      idle(more, false);
    } catch (problem) {
      if (!signal.aborted) root.append(panel(problem, button("Try again", () => location.reload())));
    }
  }
}

function line(job) {
  const share = saved(job.bytes);
  const {done, failed, total} = job.images;
  const facts = [
    job.status === "PROCESSING" ? `${number(done + failed)} of ${count(total, "image")}` : count(total, "image"),
    failed ? `${number(failed)} failed` : "",
    share === null || share <= 0 ? "" : `${percent(share)} saved`,
  ].filter(Boolean);
  return el("li", {}, el("a", {href: `#/jobs/${job.request_id}`},
    el("strong", {class: "name", text: job.file_name}),
    el("span", {class: `state ${job.status.toLowerCase()}`, text: STATES[job.status]}),
    el("span", {class: "hint", text: facts.join(", ")}),
    el("time", {class: "hint", datetime: job.created_at, text: date(job.created_at)})));
}
