// The original and the compressed image on top of each other, with a slider between them and a common zoom.

import {button, el, idle} from "./dom.js";
import {bytes, number, percent} from "./format.js";

const ZOOMS = [1, 2, 4, 8];

/** Show an image of a row in a dialog. Its original is loaded now, from its host. */
export function open(image, name) {
  const share = image.bytes_in ? 1 - image.bytes_out / image.bytes_in : 0;
  const facts = [
    image.bytes_in ? `${bytes(image.bytes_in)} before, ${bytes(image.bytes_out)} now` : bytes(image.bytes_out),
    share > 0 ? `${percent(share)} saved` : "",
    `${number(image.width)} × ${number(image.height)} pixels`,
    image.unchanged ? "unchanged since an earlier job" : "",
    image.kept ? "kept as it was: compressing it again would not make it smaller" : "",
  ].filter(Boolean).join(" · ");
  const dialog = el("dialog", {class: "wide", "aria-labelledby": "compare-title", on: {close: () => dialog.remove()}},
    el("div", {class: "head"}, el("h2", {id: "compare-title", text: name}), el("form", {method: "dialog"}, el("button", {class: "quiet", text: "Close"}))),
    el("p", {class: "hint", text: facts}), compare({before: image.url, after: image.output_url, label: name, ...image}));
  document.body.append(dialog);
  dialog.showModal();
}

/** Return both images with a slider; `label` names them for screen readers, and the compressed one is of this size. */
export function compare({before, after, label, width, height}) {
  const missing = el("p", {class: "hint", role: "status"});
  const original = el("img", {src: before, alt: `${label}, original`, referrerpolicy: "no-referrer", on: {
    error: () => { missing.textContent = "The original cannot be shown: its host refused it, or browsers do not show its format."; },
  }});
  const result = el("div", {class: "after"}, el("img", {src: after, alt: `${label}, compressed`}));
  const stage = el("div", {class: "stage"}, original, result, el("span", {class: "tag left", text: "Original"}), el("span", {class: "tag right", text: "Compressed"}));
  const slider = el("input", {type: "range", min: "0", max: "100", value: "50", "aria-label": "Show more of the original or of the compressed image", on: {
    input: () => stage.style.setProperty("--split", `${slider.value}%`),
  }});
  let zoom = 0;
  const larger = button("Zoom in", () => scale(1), {class: "quiet", local: true});
  const smaller = button("Zoom out", () => scale(-1), {class: "quiet", local: true});
  idle(smaller);

  function scale(step) {
    zoom = Math.max(0, Math.min(ZOOMS.length - 1, zoom + step));
    stage.style.setProperty("--zoom", ZOOMS[zoom]);
    idle(larger, zoom === ZOOMS.length - 1);
    idle(smaller, zoom === 0);
  }

  stage.addEventListener("pointermove", event => {
    const box = stage.getBoundingClientRect();
    stage.style.setProperty("--x", `${100 * (event.clientX - box.left) / box.width}%`);
    stage.style.setProperty("--y", `${100 * (event.clientY - box.top) / box.height}%`);
  });
  const whole = el("div", {class: "compare"}, stage, slider, el("div", {class: "actions"}, smaller, larger), missing);
  if (width && height) whole.style.setProperty("--ratio", `${width} / ${height}`);
  return whole;
}
