"""The result as JSON Lines: one row a line, with its cells by name, its images and their renditions."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from catalight.domain.catalogue.invisible import bare
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.result_cells import cells_of, image_columns, of_images
from catalight.domain.job.result_form import Placement, ResultForm
from catalight.domain.job.row import Image, Row


def write_jsonl(job: Job, form: ResultForm, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield one line for each row, in UTF-8.

    The cells are the input's own; the new URLs are in them if they replace the old ones.
    A name that the header has twice is followed by a number, and a column without a name is `Column 3`.
    """
    replaces = form.placement is Placement.REPLACE and not form.only_failed
    of_row = cells_of(job, form).of_row if replaces else lambda row: row.padded(len(job.header))
    names = unique_names(job.header)
    columns = [names[index] if index >= 0 else None for index in image_columns(job)]
    for row in rows:
        document = {
            "row": row.number + 1,
            "state": row.state,
            "cells": dict(zip(names, of_row(row), strict=True)),
            "images": [_image(job, image, columns[image[0].column]) for image in of_images(job, row)],
        }
        yield json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def unique_names(header: Sequence[str]) -> list[str]:
    """Return the names of a header, each used once."""
    given = {bare(name) for name in header}
    taken = set[str]()
    names = []
    for index, name in enumerate(map(bare, header), 1):
        if name and name not in taken:
            unique = name
        else:
            base = name or f"Column {index}"
            candidates = (base if number == 1 else f"{base} ({number})" for number in count(2 if name else 1))
            unique = next(one for one in candidates if one not in taken | given)
        taken.add(unique)
        names.append(unique)
    return names


def _image(job: Job, image: Sequence[Image], column: str | None) -> dict[str, Any]:
    first = image[0]
    return {
        "column": column,
        "url": first.url,
        "written": first.written,
        "notes": first.notes,
        "renditions": [_rendition(job, one) for one in image],
    }


def _rendition(job: Job, image: Image) -> dict[str, Any]:
    return {
        "name": job.renditions[image.rendition].name,
        "state": image.state,
        "error": image.error,
        "detail": image.detail,
        "output_url": links.image_url(job.link_base, image.link) if image.link else None,
        "bytes_in": image.bytes_in,
        "bytes_out": image.bytes_out,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "kept": image.kept,
        "small": image.small,
        "quality": image.chosen.quality if image.chosen else None,
        "score": image.chosen.score if image.chosen else None,
        "unchanged": image.unchanged,
    }
