// Numbers, sizes, dates and durations as the browser's language has them.

const language = globalThis.navigator?.languages ?? ["en"];
const plain = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, {style: "percent"});
const moment = new Intl.DateTimeFormat(language, {dateStyle: "medium", timeStyle: "short"});
const day = new Intl.DateTimeFormat(language, {dateStyle: "long"});
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const amount = (value, unit, digits) => new Intl.NumberFormat(
  language, {style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: digits},
).format(value);

export const number = value => plain.format(value);
export const percent = value => share.format(value);
export const date = text => moment.format(new Date(text));
export const dayOf = text => day.format(new Date(text));

/** Return a number of bytes in the unit that leaves at most three digits (powers of 1,000). */
export function bytes(value) {
  let unit = 0;
  let left = value;
  while (left >= 999.5 && unit < UNITS.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return amount(left, UNITS[unit], left < 9.95 && unit > 0 ? 1 : 0);
}

/** Return how much of `before` bytes is saved by `after`; null if nothing was there. */
export const saved = ({in: before, out: after}) => before ? 1 - after / before : null;

/** Return a duration in words, rounded to what matters. */
export function duration(seconds) {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return count(Math.round(seconds), "second");
  if (seconds < 5400) return count(Math.round(seconds / 60), "minute");
  return count(Math.round(seconds / 3600), "hour");
}

/** Return `2 images`, `1 image`, … */
export const count = (value, noun, plural = `${noun}s`) => `${number(value)} ${value === 1 ? noun : plural}`;

/** Return numbers as a short list with ranges: 2–4, 7 and 12 more. */
export function lines(values, most = 8) {
  const ranges = [];
  for (const value of [...new Set(values)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  const shown = ranges.slice(0, most).map(([from, to]) => (from === to ? number(from) : `${number(from)}–${number(to)}`));
  const more = ranges.slice(most).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return shown.join(", ") + (more ? ` and ${number(more)} more` : "");
}
