// Builds elements. Text is only ever set as text, so nothing that a file or a host says can become markup.

/**
 * Return an element. Of `props`, `class` and `text` are what they say, `on` maps events to listeners, `data` sets
 * data attributes, booleans are properties, and everything else is an attribute; null and undefined are left out.
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return a button with a label. While the browser is offline, it says so and does nothing, unless it is `local`. */
export function button(label, run, {local = false, ...props} = {}) {
  const click = event => {
    if (event.currentTarget.getAttribute("aria-disabled") === "true") return;
    if (!local && navigator.onLine === false) say("You are offline.");
    else run(event);
  };
  return el("button", {type: "button", on: {click}, ...props, class: [props.class, local ? "" : "calls"].filter(Boolean).join(" ")}, label);
}

/** Make a button do nothing for now, or (with false) do its work again. Unlike `disabled`, it keeps the focus. */
export const idle = (control, resting = true) => control.setAttribute("aria-disabled", resting);

/** Put `children` in the place of what `parent` holds, if that would look different; so focus stays where it is. */
export function fill(parent, ...children) {
  const fresh = el("div", {}, ...children);
  if (fresh.isEqualNode(el("div", {}, ...[...parent.cloneNode(true).childNodes]))) return;
  parent.replaceChildren(...fresh.childNodes);
}

/** Say a sentence to screen readers, and only to them. */
export function say(sentence) {
  let live = document.getElementById("live");
  if (!live) {
    live = el("p", {id: "live", class: "unseen", role: "status", "aria-live": "polite"});
    document.body.append(live);
  }
  live.textContent = sentence;
}

/** Ask a question in a dialog; resolve to whether it was confirmed. */
export function confirmed(question, {action, detail = ""}) {
  return new Promise(resolve => {
    const dialog = el("dialog", {"aria-labelledby": "question", on: {close: () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    }}},
      el("form", {method: "dialog"},
        el("h2", {id: "question", text: question}), detail && el("p", {text: detail}),
        el("div", {class: "actions"},
          el("button", {value: "no", class: "quiet", text: "Keep it"}),
          el("button", {value: "yes", class: "danger", text: action}))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
