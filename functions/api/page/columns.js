// Choosing the columns (and the sheet) of a file, where the guess is wrong.

import {button, el} from "./dom.js";

const NONE = "";

/**
 * Return a form to choose columns; `use` gets the fields for the API. `open`: nothing is clear, so it is not folded.
 * `again`: the file has to be sent again. Without a known header, the columns are named in a text.
 */
export function chooser({header, understood}, open, use, again = false) {
  const columns = understood?.columns ?? {images: [], serial: null, name: null};
  const names = [...new Set(header.filter(Boolean))];
  const images = names.map((name, index) => {
    const box = el("input", {type: "checkbox", id: `image-${index}`, value: name});
    box.checked = columns.images.includes(name);
    return [box, el("label", {for: `image-${index}`, text: name})];
  });
  const typed = el("input", {id: "image-names", autocomplete: "off", spellcheck: "false"});
  const serial = one("serial", "Serial number or SKU", names, columns.serial);
  const name = one("name", "Product name", names, columns.name);
  const sheets = understood?.sheets ?? [];
  const sheet = sheets.length > 1 ? one("sheet", "Sheet", sheets, understood?.sheet, false) : null;
  const row = el("input", {type: "number", id: "header_row", min: "1", max: "1000", value: understood?.header_row, inputmode: "numeric"});
  const box = el("details", {class: "columns"},
    el("summary", {text: names.length ? "Choose other columns" : "Name the columns with images"}),
    names.length ? el("fieldset", {}, el("legend", {text: "Columns with images"}), el("div", {class: "checks"},
      ...images.map(([input, label]) => el("span", {}, input, label)))) : null,
    el("div", {class: "row"}, names.length ? null : el("p", {class: "field"}, el("label", {for: "image-names", text: "Their names, separated by commas"}), typed),
      names.length ? serial.field : null, names.length ? name.field : null, sheet?.field,
      el("p", {class: "field"}, el("label", {for: "header_row", text: "Line of the header"}), row)),
    button(again ? "Send the file again with these columns" : "Use these columns", () => {
      const chosen = names.length ? images.filter(([input]) => input.checked).map(([input]) => input.value)
        : typed.value.split(",").map(text => text.trim()).filter(Boolean);
      use({
        ...(chosen.length ? {columns: JSON.stringify({
          images: chosen,
          ...(serial.input.value ? {serial: serial.input.value} : {}),
          ...(name.input.value ? {name: name.input.value} : {}),
        })} : {}),
        ...(row.value && Number(row.value) !== understood?.header_row ? {header_row: row.value} : {}),
        ...(sheet ? {sheet: sheet.input.value} : {}),
      });
    }));
  box.open = open;
  return box;
}

function one(id, label, names, chosen, optional = true) {
  const input = el("select", {id}, optional ? el("option", {value: NONE, text: "none"}) : null,
    ...names.map(name => el("option", {value: name, text: name})));
  input.value = chosen ?? NONE;
  return {input, field: el("p", {class: "field"}, el("label", {for: id, text: label}), input)};
}
