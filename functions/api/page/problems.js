// What went wrong, in words for people: what happened, and what to do.

import {el} from "./dom.js";
import {count, duration, lines} from "./format.js";

/** Return a heading and a sentence for a Problem. */
export function words(problem) {
  if (problem.status === 0) return navigator.onLine === false ? ["You are offline", "Nothing is lost. Try again when you are back."] : ["No connection to Catalight", "Check your connection; nothing is lost. Then try again."];
  if (problem.status === 401) return ["An API key is needed", "Try again, and enter the key that you were given."];
  if (problem.status === 403) return ["This page may not do that", problem.detail];
  if (problem.type === "limit") {
    const later = problem.retryAfter ? ` Try again in ${duration(problem.retryAfter)}.` : "";
    return ["A limit of your API key is reached", problem.detail + later];
  }
  if (problem.passes) return ["Catalight is busy or restarting", "Wait a moment, then try again; nothing is lost."];
  if (problem.type === "job-not-found") {
    return ["There is no such job", "The URL may be incomplete, or the job belongs to another API key."];
  }
  if (problem.type === "job-gone") return ["This job is gone", "It was deleted, or its time was over. Send the file again."];
  return [problem.title || "That did not work", problem.detail || problem.message];
}

/** Return a panel that says what went wrong; `actions` are buttons. */
export function panel(problem, ...actions) {
  const [title, sentence] = words(problem);
  return el("section", {class: "panel bad", role: "alert"}, el("h2", {text: title}), el("p", {text: sentence}),
    actions.length ? el("div", {class: "actions"}, ...actions) : null);
}

/** Return the notes of a file as a list, those with the same code together. */
export function grouped(notes, total) {
  const groups = Map.groupBy(notes, note => note.code);
  const more = total - notes.length;
  return el("ul", {class: "notes"},
    ...[...groups.values()].map(group),
    more > 0 ? el("li", {text: `${count(more, "more")}: only the first ${notes.length} are listed.`.replace("mores", "more")}) : null);
}

function group(notes) {
  const [first] = notes;
  const places = notes.filter(note => note.line).map(note => note.line);
  const found = [...new Set(notes.map(note => note.found).filter(Boolean))].slice(0, 3);
  return el("li", {},
    el("p", {}, el("strong", {text: first.message})),
    el("p", {class: "hint"},
      places.length ? `${places.length === 1 ? "Line" : "Lines"} ${lines(places)}` : "",
      places.length && first.column ? `, column “${first.column}”` : first.column ? `Column “${first.column}”` : "",
      found.length ? `${places.length || first.column ? ". " : ""}Found: ` : "",
      ...found.flatMap((text, index) => [index ? ", " : "", el("code", {text})])));
}

/** Return what tells of the pauses of a patient call. */
export const pauses = notice => ({
  onPause: (problem, seconds) => notice(`${problem.status ? "Catalight is busy" : "Catalight cannot be reached"}. Trying again in ${count(Math.ceil(seconds), "second")}.`),
  onResume: () => notice(""),
});
