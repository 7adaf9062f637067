// The first images of a job, as they come; a click compares one with its original.

import {button, el} from "./dom.js";
import {open} from "./compare.js";
import {number} from "./format.js";

const MOST = 24;

/** Keeps the thumbnails of a job's first rows in `root`. */
export class Thumbs {
  #shown = new Map();

  constructor(root, {api, signal, id}) {
    Object.assign(this, {root, api, signal, id});
    this.list = el("ul", {class: "gallery", "aria-label": "The first images"});
  }

  /** Fetch what is new; resolve to whether there is nothing more to come. */
  async refresh() {
    const {rows, product} = await this.api.get(`/jobs/${this.id}/rows?limit=${MOST}`, {signal: this.signal});
    const images = rows.flatMap(row => row.images.map((image, at) => [`${row.row}/${at + 1}`, row, image])).slice(0, MOST);
    let last = null; // rows may end in any order; their thumbnails stay in that of the file
    for (const [place, row, image] of images) {
      if (image.state !== "DONE" || !image.output_url) continue;
      const thumb = this.#shown.get(place) ?? this.#thumb(`Row ${number(row.row)}: ${row.cells[product] || fileOf(image.url)}`, image);
      if (!this.#shown.has(place)) last ? last.after(thumb) : this.list.prepend(thumb);
      this.#shown.set(place, thumb);
      last = thumb;
    }
    if (this.list.children.length && !this.list.isConnected) {
      this.root.append(el("h2", {text: "A look at the first images"}), this.list);
    }
    return images.every(([, , image]) => ["DONE", "FAILED"].includes(image.state));
  }

  #thumb(name, image) {
    const small = image.renditions.at(-1);
    const shown = el("img", {src: small?.output_url ?? image.output_url, alt: "", loading: "lazy", width: "96", height: "96"});
    return el("li", {}, button(shown, () => open(image, name), {class: "thumb", local: true, "aria-label": `${name}: compare with the original`, title: name}));
  }
}

/** Return the name of an image's file, for rows that do not name their product. */
const fileOf = url => url.split(/[?#]/)[0].split("/").at(-1) || "image";
