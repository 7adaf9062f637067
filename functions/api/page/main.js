// The page's frame: which view the address names, the connection line, and files dropped anywhere.

import {api} from "./api.js";
import {el} from "./dom.js";
import {keepFocus} from "./focus.js";
import * as job from "./job.js";
import * as jobs from "./jobs.js";
import * as key from "./key.js";
import * as send from "./send.js";

const VIEWS = [[/^#\/jobs\/([0-9a-f-]{36})$/, job], [/^#\/jobs$/, jobs], [/^(?:#\/)?$/, send]];
const OFFLINE = "You are offline. Nothing is lost; this page goes on when you are back.";
const main = document.getElementById("main");
const connection = document.getElementById("connection");
const drop = document.getElementById("drop");
const calls = api(key);
let leave = null;
let dropped = null;

/** Show the view of the address; what the former one was doing ends. */
function show() {
  leave?.abort(new DOMException("The view was left.", "AbortError"));
  leave = new AbortController();
  const address = location.hash;
  const [view, params] = found(address);
  for (const link of document.querySelectorAll("nav a")) {
    const current = address.startsWith("#/jobs") ? "#/jobs" : "#/";
    if (link.getAttribute("href") === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  connected();
  main.replaceChildren();
  const file = dropped;
  dropped = null;
  view.show(main, params, {api: calls, signal: leave.signal, file, notice});
  if (address || file) main.querySelector("h1")?.focus();
}

function found(address) {
  for (const [pattern, view] of VIEWS) {
    const match = pattern.exec(address);
    if (match) return [view, match.slice(1)];
  }
  return [{show: unknown}, []];
}

function unknown(root) {
  document.title = "Not found – Catalight";
  root.append(el("h1", {tabindex: "-1", text: "There is nothing at this URL"}), el("p", {}, el("a", {href: "#/", text: "Begin a new job"})));
}

/** Say above the page what holds it up, or (with an empty text) nothing. */
function notice(text) {
  if (connection.textContent !== text) connection.textContent = text;
}

function connected() {
  document.body.classList.toggle("offline", !navigator.onLine);
  notice(navigator.onLine ? "" : OFFLINE);
}

function dragged(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

addEventListener("hashchange", show);
addEventListener("dragover", event => {
  if (!dragged(event)) return;
  event.preventDefault();
  drop.hidden = false;
});
addEventListener("dragleave", event => {
  if (!event.relatedTarget) drop.hidden = true;
});
addEventListener("drop", event => {
  if (!dragged(event)) return;
  event.preventDefault();
  drop.hidden = true;
  [dropped] = event.dataTransfer.files;
  if (["", "#/"].includes(location.hash)) show();
  else location.hash = "#/";
});
addEventListener("offline", connected);
addEventListener("online", connected);
keepFocus(main);
show();
