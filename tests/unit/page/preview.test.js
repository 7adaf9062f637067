import assert from "node:assert/strict";
import {test} from "node:test";

import {choices} from "./preview.js";

const row = (line, cells, ...images) => ({line, cells, images: images.map(url => ({url, fault: url ? null : "it is empty"}))});

test("each image that can be fetched is offered once, named by its line and product", () => {
  const rows = [row(2, ["1", "Tea"], "https://a.test/1.jpg", ""), row(3, ["2", ""], "https://a.test/1.jpg", "https://a.test/2.jpg")];
  assert.deepEqual(choices({first_rows: rows, header: ["SKU", "Title"], understood: {columns: {serial: "SKU", name: "Title"}}}), [
    {url: "https://a.test/1.jpg", name: "Line 2: Tea"}, {url: "https://a.test/2.jpg", name: "Line 3: 2.jpg"}]);
});

test("a file with no image to fetch offers none", () => {
  assert.deepEqual(choices({first_rows: [row(2, ["1"], "")], header: ["SKU"], understood: {columns: null}}), []);
});
