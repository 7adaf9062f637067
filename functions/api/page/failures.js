// The images that failed: those with the same cause together, what to do about it, and the rows.

import advice from "./advice.js";
import {button, el, idle} from "./dom.js";
import {count, number} from "./format.js";
import {panel} from "./problems.js";

export const CAUSES = {
  invalid_url: "The cell does not hold the URL of an image",
  not_found: "There is no image at this URL any more",
  blocked_by_host: "Its host does not let Catalight download it",
  http_error: "Its host answered with an error",
  timeout: "Its host was too slow",
  dns_error: "Its host does not exist, or its name could not be looked up",
  connection_error: "The connection to its host broke",
  tls_error: "The certificate of its host is not valid",
  address_not_allowed: "Its URL is not on the public internet",
  too_many_redirects: "Its URL redirects without end",
  too_many_bytes: "The file is too large",
  too_many_pixels: "The image has too many pixels",
  not_an_image: "Its URL leads to something that is not an image",
  corrupt_image: "The image is damaged",
  gave_up: "Compressing it took too long or too much memory",
  cancelled: "The job was cancelled before its turn",
  deadline_exceeded: "The job’s time was over before its turn",
  internal_error: "A fault of Catalight",
};
const NEVER_CHANGES = "invalid_url"; // the API does not retry these

/** Return how many of the failures (code to count) a retry would repeat. */
export const retriable = errors => Object.entries(errors).reduce((sum, [code, failed]) => sum + (code === NEVER_CHANGES ? 0 : failed), 0);

/** Return the panel of a job's failures with a button to `retry` them; rows are fetched when a group is opened. */
export function failures(job, retry, {api, signal}) {
  const again = retriable(job.errors);
  const groups = Object.entries(job.errors).sort(([, a], [, b]) => b - a);
  return el("section", {class: "panel failures"}, el("h2", {text: `${count(job.images.failed, "image")} failed`}),
    ...groups.map(([code, failed]) => group(job.request_id, code, failed, {api, signal})),
    again ? el("div", {class: "actions"}, button(`Try ${count(again, "failed image")} again`, retry, {class: "quiet", id: "retry"})) : null);
}

function group(id, code, failed, {api, signal}) {
  const list = el("ul", {class: "rows"});
  const more = button("Show more", () => page(), {class: "quiet"});
  more.hidden = true;
  const trouble = el("div", {});
  let cursor = "";
  let busy = false; // a box that is closed and opened again asks once
  const box = el("details", {on: {toggle: () => box.open && !busy && !list.children.length && page()}},
    el("summary", {}, el("strong", {text: CAUSES[code] ?? code}), el("span", {class: "hint", text: ` ${number(failed)}`})),
    el("p", {class: "hint", text: advice[code] ?? ""}), list, trouble, more);
  return box;

  async function page() {
    busy = true;
    idle(more);
    try {
      let added = 0;
      do { // a page may have no row with this cause
        const {rows, next} = await api.get(`/jobs/${id}/rows?state=FAILED&state=PARTIAL&limit=100&cursor=${encodeURIComponent(cursor)}`, {signal});
        const items = rows.flatMap(row => row.images.filter(image => image.renditions.some(one => one.error === code)).map(image => item(row, image)));
        list.append(...items);
        added += items.length;
        cursor = next;
      } while (cursor && !added);
      trouble.replaceChildren();
      more.hidden = !cursor || list.children.length >= failed;
    } catch (problem) {
      if (!signal.aborted) trouble.replaceChildren(panel(problem));
      more.hidden = false;
    } finally {
      busy = false;
      idle(more, false);
    }
  }
}

function item(row, image) {
  return el("li", {}, el("span", {text: `Row ${number(row.row)}: `}), el("span", {class: "url", text: image.written ?? image.url}),
    image.detail ? el("span", {class: "hint", text: ` ${image.detail}`}) : null);
}
