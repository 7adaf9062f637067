// The API key of this browser tab: asked for when the API wants one, and forgotten when the tab is closed.

import {el} from "./dom.js";

const NAME = "catalight-key";
let asking = null;

export const get = () => sessionStorage.getItem(NAME) ?? "";
export const forget = () => sessionStorage.removeItem(NAME);

/** Ask for a key; resolve to whether one was given. Calls that fail together ask once. */
export function ask(wrong) {
  asking ??= dialog(wrong).finally(() => { asking = null; });
  return asking;
}

function dialog(wrong) {
  return new Promise(resolve => {
    const input = el("input", {type: "password", id: "key", autocomplete: "off", spellcheck: "false", required: true,
      "aria-describedby": "key-help"});
    const form = el("form", {method: "dialog", on: {submit: () => sessionStorage.setItem(NAME, input.value.replace(/[^!-~]/g, ""))}},
      el("h2", {id: "key-title", text: wrong ? "This API key does not work" : "Catalight needs your API key"}),
      el("p", {id: "key-help", text: wrong
        ? "It was mistyped, or it has been revoked. Nothing was sent with it."
        : "Whoever runs this service gives you one. It begins with “catalight_”, and is kept until you close this tab."}),
      el("label", {for: "key", text: "API key"}), input,
      el("div", {class: "actions"},
        el("button", {type: "button", class: "quiet", text: "Not now", on: {click: () => box.close()}}),
        el("button", {value: "yes", text: "Use this key"})));
    const box = el("dialog", {"aria-labelledby": "key-title", on: {close: () => {
      box.remove();
      resolve(box.returnValue === "yes");
    }}}, form);
    document.body.append(box);
    box.showModal();
    input.focus();
  });
}
