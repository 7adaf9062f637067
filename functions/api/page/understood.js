// What a file was understood as: a sentence, its first rows, and what is wrong with it.

import {chooser} from "./columns.js";
import {el} from "./dom.js";
import {count, number} from "./format.js";
import {grouped} from "./problems.js";

const FORMATS = {csv: "CSV file", xlsx: "Excel workbook", xlsm: "Excel workbook", xlsb: "Excel workbook", xls: "Excel workbook", ods: "OpenDocument spreadsheet", json: "JSON file", xml: "XML file"};
const COLUMNS_SHOWN = 8;
export const ADVICE = "Correct the file and choose it again, or say below which columns hold the images. No image was fetched.";

/** Return the panels for the answer of a dry run; `use` is called with other columns. `part`: only the file's beginning was read; `again`: other columns send the file again. */
export function understanding(answer, use, {part = false, again = false} = {}) {
  const {understood, accepted} = answer;
  const unsure = !accepted || understood.columns?.reason === "content";
  return el("div", {class: "understood"},
    accepted ? null : el("section", {class: "panel bad", role: "alert"}, el("h2", {text: "This file cannot be used as it is"}),
      el("p", {text: ADVICE}),
      grouped(answer.problems, answer.problems_total)),
    accepted || answer.header.length ? el("section", {class: "panel"}, el("h2", {text: accepted ? "What is in it" : "What was understood"}),
      el("p", {class: "lead"}, ...sentence(answer, part)),
      answer.hosts.length ? el("p", {class: "hint", text: hosts(answer)}) : null,
      rows(answer),
      chooser(answer, unsure, use, again)) : el("section", {class: "panel"}, chooser(answer, true, use, again)),
    answer.warnings.length ? el("section", {class: "panel"}, el("h2", {text: "Worth a look"}),
      el("p", {class: "hint", text: "These cost single images at most, never the file."}),
      grouped(answer.warnings, answer.warnings_total)) : null);
}

function sentence({understood, rows: all, images, distinct_urls: distinct}, part) {
  const kind = FORMATS[understood.format] ?? "file";
  const parts = [`${article(kind)}${part ? ", of which the beginning was read:" : " with"} ${count(all, "product")} and ${count(images, "image")}`];
  if (distinct < images) parts.push(`, ${number(distinct)} of them different`);
  if (understood.sheet && understood.sheets.length > 1) parts.push(", in the sheet ", el("strong", {text: understood.sheet}));
  parts.push(". ");
  const columns = understood.columns;
  if (!columns) return parts;
  parts.push(`Images are in the ${columns.images.length === 1 ? "column" : "columns"} `);
  columns.images.slice(0, 6).forEach((name, index) => parts.push(index ? ", " : "", el("strong", {text: name})));
  if (columns.images.length > 6) parts.push(` and ${number(columns.images.length - 6)} more`);
  parts.push({
    content: ". This is a guess from what the cells hold: please check.",
    remembered: ", as you chose last time.",
    layout: `, as ${columns.program ?? "a known program"} exports them.`,
  }[columns.reason] ?? ".");
  return parts;
}

const article = noun => `${/^[AEIOU]/.test(noun) ? "An" : "A"} ${noun}`;

function hosts({hosts: known, hosts_total: total}) {
  const named = known.slice(0, 3).map(({host, images}) => `${host} (${number(images)})`).join(", ");
  return `Hosts that will be asked: ${named}${total > 3 ? ` and ${count(total - 3, "other")}` : ""}.`;
}

function rows({header, first_rows: first, understood}) {
  if (!first.length) return null;
  const wanted = understood.columns ? [understood.columns.serial, understood.columns.name] : [];
  const shown = header.map((name, index) => [name, index])
    .sort(([a], [b]) => wanted.includes(b) - wanted.includes(a)).slice(0, COLUMNS_SHOWN);
  return el("div", {class: "table", tabindex: "0", role: "region", "aria-label": "The first rows"},
    el("table", {},
      el("thead", {}, el("tr", {}, el("th", {scope: "col", text: "Line"}), el("th", {scope: "col", text: "Images"}),
        ...shown.map(([name]) => el("th", {scope: "col", text: name})))),
      el("tbody", {}, ...first.map(row => el("tr", {}, el("td", {text: number(row.line)}),
        el("td", {class: "thumbs"}, ...row.images.slice(0, 4).map(image)),
        ...shown.map(([, index]) => el("td", {text: row.cells[index] ?? ""})))))));
}

function image({url, fault}) {
  if (fault) return el("span", {class: "missing", title: fault, text: "not a URL"});
  const shown = el("img", {src: url, alt: "", loading: "lazy", referrerpolicy: "no-referrer", width: "44", height: "44"});
  shown.addEventListener("error", () => shown.replaceWith(el("span", {class: "missing", title: url, text: "not shown"})));
  return shown;
}
