// The options of a job in plain words. What was chosen last is kept in this browser.

import {el} from "./dom.js";

const NAME = "catalight-options";
const DEFAULTS = {look: "good", quality: "50", renditions: "", format: "jpeg", max_width: "", max_height: "", background: "#ffffff", result: "append"};

const RENDITIONS = [
  ["", "One image of each, as set below"],
  ['["amazon-main"]', "For Amazon: square, on white"],
  ['["google-shopping"]', "For Google Shopping"],
  ['["shopify"]', "For a Shopify shop"],
  ['["shopify", "thumbnail"]', "For a shop, and thumbnails besides"],
];
const LOOKS = [
  ["good", "Good: all look equally good, and light"],
  ["high", "High: very close to the original"],
  ["small", "Small: lightest, differences may show"],
  ["number", "A fixed quality from 1 to 100"],
];
const FORMATS = [
  ["jpeg", "JPEG: works everywhere"],
  ["webp", "WebP: smaller, for current browsers"],
  ["avif", "AVIF: smallest, but slow to make"],
  ["png", "PNG: nothing is lost, but large"],
  ["keep", "The format of each original"],
  ["auto", "Whichever is smallest for the image"],
];
const RESULTS = [
  ["append", "In new columns, after yours"],
  ["replace", "In the place of the old URLs"],
];

/** Return the form fields of `options` as the API takes them. */
export function fields(options) {
  const sent = {result: options.result};
  if (options.renditions) return {...sent, renditions: options.renditions};
  Object.assign(sent, options.look === "number" ? {quality: options.quality} : {quality: "auto", look: options.look});
  for (const name of ["format", "max_width", "max_height", "background"]) if (options[name]) sent[name] = options[name];
  return sent;
}

/** Return the options that were chosen last. */
export function remembered() {
  try {
    return {...DEFAULTS, ...JSON.parse(localStorage.getItem(NAME) ?? "{}")};
  } catch {
    return {...DEFAULTS}; // somebody else's text under our name
  }
}

function select(name, label, values, options) {
  const input = el("select", {id: name, name}, ...values.map(([value, text]) => el("option", {value, text})));
  input.value = values.some(([value]) => value === options[name]) ? options[name] : values[0][0];
  return el("p", {class: "field"}, el("label", {for: name, text: label}), input);
}

function pixels(name, label, options) {
  return el("p", {class: "field"}, el("label", {for: name, text: label}),
    el("input", {id: name, name, type: "number", min: "1", max: "16383", value: options[name], placeholder: "as it is", inputmode: "numeric"}));
}

/** Return the form of the options, and a function that returns what is chosen, or null after it has shown what is wrong. */
export function form(options = remembered()) {
  const quality = el("input", {id: "quality", name: "quality", type: "number", min: "1", max: "100", value: options.quality, required: true, inputmode: "numeric"});
  const number = el("p", {class: "field"}, el("label", {for: "quality", text: "Quality (1 to 100)"}), quality);
  const own = el("fieldset", {class: "own"}, el("legend", {class: "unseen", text: "Settings of the images"}),
    select("look", "Look", LOOKS, options), number, select("format", "Format", FORMATS, options),
    el("div", {class: "sizes"},
      pixels("max_width", "Largest width (pixels)", options), pixels("max_height", "Largest height (pixels)", options),
      el("p", {class: "field"}, el("label", {for: "background", text: "Background of transparent images"}),
        el("input", {id: "background", name: "background", type: "color", value: options.background}))));
  const whole = el("form", {class: "options", on: {input: adapt, submit: event => event.preventDefault()}},
    select("renditions", "Images", RENDITIONS, options), select("result", "Where the new URLs go", RESULTS, options), own);

  function adapt() {
    const chosen = new FormData(whole);
    own.hidden = own.disabled = chosen.get("renditions") !== "";
    number.hidden = quality.disabled = chosen.get("look") !== "number";
  }

  function chosen() {
    if (!whole.reportValidity()) return null;
    const now = {...options, ...Object.fromEntries(new FormData(whole))};
    localStorage.setItem(NAME, JSON.stringify(now));
    return now;
  }

  adapt();
  return {form: whole, chosen};
}
