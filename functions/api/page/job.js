// One job: how far it is, what it saved, what failed, and what can be done with it.

import {wait} from "./api.js";
import {button, confirmed, el, fill, idle, say} from "./dom.js";
import {downloads} from "./downloads.js";
import {failures} from "./failures.js";
import {bytes, count, date, dayOf, duration, number, percent, saved} from "./format.js";
import {STATES} from "./jobs.js";
import {grouped, panel, pauses} from "./problems.js";
import {Pace} from "./progress.js";
import {Thumbs} from "./thumbs.js";

const RUNNING = ["PENDING", "PROCESSING"];
const TICK = 2; // seconds, if the API names none
const HIDDEN_TICK = 60_000; // milliseconds between looks at a job while the page is hidden
const EXTENSION = 30; // days

/** Show the job that the address names. */
export function show(root, [id], {api, signal, notice}) {
  const view = new View(root, id, {api, signal, notice});
  view.watch();
}

class View {
  #pace = new Pace();
  #said = 0;
  #thumbsDone = false;

  constructor(root, id, tools) {
    Object.assign(this, {root, id, tools, ...tools});
    this.title = el("h1", {tabindex: "-1", class: "name", text: "Job"});
    this.state = el("p", {class: "lead"});
    this.bar = el("progress", {max: "1", "aria-label": "Images that have ended"});
    this.facts = el("dl", {class: "facts"});
    this.actions = el("div", {class: "actions"});
    this.trouble = el("div", {});
    this.ended = el("div", {});
    this.gallery = el("section", {class: "panel plain"});
    this.thumbs = new Thumbs(this.gallery, {...tools, id});
    this.rest = el("div", {});
    root.append(this.title, this.state, this.bar, this.facts, this.actions, this.trouble, this.ended, this.gallery, this.rest);
    document.title = "Job – Catalight";
  }

  /** Ask for the status until the job has ended; while the page is hidden, ask nothing. */
  async watch() {
    try {
      for (let tick = 0; ; tick += 1) {
        const {body, retryAfter} = await this.api.patiently(`/status/${this.id}`, {signal: this.signal, ...pauses(this.notice)});
        this.#show(body);
        if (!RUNNING.includes(body.status)) return await this.#look();
        await wait(retryAfter ?? TICK, this.signal);
        await this.#seen();
        if (this.#thumbsDone || tick % 3) continue;
        await this.#look(); // in the place of a status
        await wait(retryAfter ?? TICK, this.signal);
      }
    } catch (problem) {
      if (!this.signal.aborted) this.#gone(problem);
    }
  }

  /** Resolve when the page is seen (again); after a minute, if its user wants to be told when the job ends. */
  async #seen() {
    const left = this.wanted ? AbortSignal.any([this.signal, AbortSignal.timeout(HIDDEN_TICK)]) : this.signal;
    await visible(left).catch(reason => {
      if (this.signal.aborted) throw reason;
    });
  }

  async #look() {
    if (this.#thumbsDone) return;
    try {
      this.#thumbsDone = await this.thumbs.refresh();
    } catch (problem) {
      if (!problem.passes) throw problem; // otherwise the next tick tries again
    }
  }

  #gone(problem) {
    document.title = "Catalight";
    this.root.replaceChildren(el("h1", {tabindex: "-1", class: "unseen", text: "Job"}),
      panel(problem, button("Try again", () => location.reload()), el("a", {class: "button quiet", href: "#/jobs", text: "All jobs"})));
  }

  #show(job) {
    const {total, done, failed} = job.images;
    const ended = done + failed;
    const running = RUNNING.includes(job.status);
    this.title.textContent = job.file_name;
    this.bar.hidden = !running;
    this.bar.value = total ? ended / total : 0;
    this.#pace.see(ended, Date.now(), job.status === "PENDING");
    fill(this.state, sentence(job, this.#pace));
    fill(this.facts, ...facts(job));
    document.title = `${running ? percent(total ? ended / total : 0) : STATES[job.status]} · ${job.file_name} – Catalight`;
    this.#speak(job, running, total ? ended / total : 0);
    this.#offer(job, running);
  }

  /** Say every quarter of a job to screen readers, and its end. */
  #speak(job, running, share) {
    const quarter = running ? Math.floor(share * 4) : 5;
    if (quarter === this.#said) return;
    if (running) say(`${percent(share)} of the images are done.`);
    else if (this.#said || job.images.total) say(sentence(job, this.#pace));
    if (!running && this.wanted) new Notification("Catalight", {body: `${job.file_name}: ${sentence(job, this.#pace)}`});
    this.#said = quarter;
  }

  #offer(job, running) {
    const key = [job.status, job.run].join();
    if (this.offered === key) return;
    this.offered = key;
    const actions = running ? [button("Cancel", () => this.#do("POST", "cancel"), {class: "quiet", id: "cancel"}), this.#notify()] : [];
    const focused = [this.actions, this.ended, this.rest].some(part => part.contains(document.activeElement));
    this.actions.replaceChildren(...actions.filter(Boolean));
    this.ended.replaceChildren();
    this.rest.replaceChildren();
    if (!running) this.#end(job);
    if (focused) this.title.focus();
  }

  #end(job) {
    const tools = this.tools;
    const remove = button("Delete", () => this.#delete(job), {class: "quiet danger", id: "delete"});
    if (job.status === "FAILED") {
      this.ended.append(el("section", {class: "panel bad"}, el("h2", {text: "This file cannot be used as it is"}),
        grouped(job.upload?.problems ?? [], job.upload?.problems_total ?? 0)), el("div", {class: "actions"}, remove));
      return;
    }
    this.ended.append(downloads(job, tools));
    if (job.images.failed) this.rest.append(failures(job, () => this.#do("POST", "retry"), tools));
    this.rest.append(el("section", {class: "panel plain"},
      el("p", {class: "hint", text: `Everything on this page, and the new URLs of the images, works until ${dayOf(job.expires_at)}.`}),
      el("div", {class: "actions"}, button(`Keep it for ${EXTENSION} days from now`, () => this.#do("POST", `extend?days=${EXTENSION}`), {class: "quiet"}), remove)));
  }

  #notify() {
    if (!("Notification" in globalThis) || Notification.permission === "denied" || this.wanted) return null;
    const ask = button("Tell me when it ends", async () => {
      this.wanted = (await Notification.requestPermission()) === "granted";
      ask.textContent = this.wanted ? "You will be told when it ends" : "Your browser does not allow notifications";
      idle(ask);
    }, {class: "quiet", local: true});
    return ask;
  }

  async #do(method, verb) {
    this.trouble.replaceChildren();
    const told = pauses(this.notice);
    let lost = false;
    const onPause = (problem, seconds) => {
      lost = true;
      told.onPause(problem, seconds);
    };
    try {
      await this.api.patiently(`/jobs/${this.id}/${verb}`, {method, signal: this.signal, attempts: 4, ...told, onPause});
      if (verb === "cancel") say("The job is being cancelled.");
      else this.#again();
    } catch (problem) {
      if (this.signal.aborted) return;
      if (problem.status === 409 && lost) return this.#again(); // the call before the last one worked
      this.trouble.append(panel(problem));
    }
  }

  #again() {
    this.offered = null;
    this.#thumbsDone = false;
    this.watch();
  }

  async #delete(job) {
    const detail = "Its result and its images are removed, and their URLs stop working. This cannot be undone.";
    if (!(await confirmed(`Delete the job of ${job.file_name}?`, {action: "Delete it", detail}))) return;
    try {
      await this.api.delete(`/jobs/${this.id}`, {signal: this.signal});
      location.hash = "#/jobs";
    } catch (problem) {
      if (!this.signal.aborted) this.trouble.append(panel(problem));
    }
  }
}

function sentence(job, pace) {
  const {total, done, failed} = job.images;
  if (job.status === "PENDING") return job.upload ? `Reading the file: ${bytes(job.upload.bytes_read)} of ${bytes(job.upload.bytes)}.` : "Waiting for its turn.";
  if (job.status === "FAILED") return "The file was refused; no image was fetched.";
  const share = saved(job.bytes);
  const lighter = share > 0 ? ` ${percent(share)} saved: ${bytes(job.bytes.in)} became ${bytes(job.bytes.out)}.` : "";
  if (job.status === "CANCELLED") return `Cancelled after ${number(done)} of ${count(total, "image")}.${lighter}`;
  if (job.status === "COMPLETED") {
    if (!total) return "The file has no images.";
    if (!failed) return (total === 1 ? "The image is done." : `All ${count(total, "image")} are done.`) + lighter;
    return `${number(done)} of ${count(total, "image")} are done, ${number(failed)} failed.${lighter}`;
  }
  const left = pace.remaining(total - done - failed);
  const rate = pace.rate();
  return left === null ? "Running." : `About ${duration(left)} left, at ${number(Math.round(rate * 10) / 10)} images a second.`;
}

function facts(job) {
  const {total, done, failed} = job.images;
  const share = saved(job.bytes);
  const pairs = [
    ["Done", `${number(done)} of ${number(total)}`],
    ["Failed", number(failed)],
    job.unchanged ? ["Unchanged", number(job.unchanged)] : null,
    share === null ? null : ["Saved", `${percent(share)}`],
    ["Products", number(job.rows)],
    ["Sent", date(job.created_at)],
  ];
  return pairs.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {text: name}), el("dd", {text: value})));
}

/** Resolve when the page is seen (again). */
function visible(signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done);
    done();
  });
}
