// Keeps the keyboard's place: when the element that has the focus is removed or hidden, the focus would fall
// to the body, and whoever uses a keyboard or a screen reader would begin at the top again.

/** Watch `main`: a lost focus goes back to its element, or to what is nearest to where it was. */
export function keepFocus(main) {
  let path = [];
  document.addEventListener("focusin", ({target}) => { path = main.contains(target) ? ancestors(target, main) : []; });
  document.addEventListener("pointerdown", () => { path = []; }); // a click on nothing may take the focus away
  const look = () => path.length && document.activeElement === document.body && rescue(path);
  // What is hidden loses the focus when the next frame is drawn.
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(look))).observe(main, {childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"]});
}

/** Return the element and all that it is in, up to `main`. */
export function ancestors(element, main) {
  return element === main ? [main] : [element, ...ancestors(element.parentElement, main)];
}

function rescue([element, ...around]) {
  element.focus({preventScroll: true});
  if (document.activeElement === element) return;
  const seen = one => one.isConnected && one.checkVisibility();
  const near = around.find(seen);
  const place = [...near.querySelectorAll("h1, h2, h3")].find(seen) ?? near;
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({preventScroll: true});
}
