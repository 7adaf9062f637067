"""A sheet to judge by eye: `python -m bench.sheet [--quality 50] [--images FOLDER]` writes .bench/sheet.png.

Each row has a part of the source and of the outputs of Pillow, Catalight and mozjpeg, that one at the quality
whose bytes are nearest to Catalight's. Below are bytes and SSIMULACRA2. Without a folder: text, a logo, a
gradient, and a photograph on white.
"""

import argparse
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from bench.look import score
from bench.photographs import photographs
from bench.ways import catalight, mozjpeg, optimised_pillow

PART, ZOOM, LINE = (150, 90), 2, 16  # pixels
SHEET = Path(".bench/sheet.png")
SIZE = (480, 320)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sheet")
    parser.add_argument("--quality", type=int, default=50)
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    rows = [_row(data, options.quality) for data in _sources(options.images)]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), "grey")
    for number, row in enumerate(rows):
        sheet.paste(row, (0, number * row.height))
    SHEET.parent.mkdir(exist_ok=True)
    sheet.save(SHEET)
    print(SHEET)


def _sources(folder: Path | None) -> Iterator[bytes]:
    if folder:
        yield from (photograph.data for photograph in photographs(folder))
        return
    for image in (_text(), _logo(), _gradient()):
        for settings in ({"format": "PNG"}, {"format": "JPEG", "quality": 90, "subsampling": 0}):
            file = BytesIO()
            image.save(file, **settings)
            yield file.getvalue()
    yield photographs(None)[1].data


def _row(source: bytes, quality: int) -> Image.Image:
    own = catalight(source, quality)
    others = (mozjpeg(source, other) for other in range(20, 97, 4))
    nearest = min(others, key=lambda made: abs(len(made) - len(own)))
    ways = {
        "source": source,
        "Pillow": optimised_pillow(source, quality),
        "Catalight": own,
        "mozjpeg": nearest,
    }
    wide, high = PART[0] * ZOOM, PART[1] * ZOOM
    row = Image.new("RGB", (len(ways) * (wide + LINE), high + LINE), "grey")
    for number, (name, data) in enumerate(ways.items()):
        shown = Image.open(BytesIO(data)).convert("RGB")
        left, top = (shown.width - PART[0]) // 2, (shown.height - PART[1]) // 2
        part = shown.crop((left, top, left + PART[0], top + PART[1]))
        row.paste(part.resize((wide, high), Image.Resampling.NEAREST), (number * (wide + LINE), 0))
        label = f"{name}: {len(data)} bytes, {score(source, data):.1f}"
        ImageDraw.Draw(row).text((number * (wide + LINE), high), label, fill="white")
    return row


def _text() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    for line, colour in enumerate(("black", "darkred", "darkblue", "black", "green", "black")):
        text = "Size 40, chest 96 cm, 80 % cotton, wash at 30 degrees"
        ImageDraw.Draw(image).text((8, 10 + 50 * line), text, fill=colour, font_size=14 + 3 * line)
    return image


def _logo() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    drawing = ImageDraw.Draw(image)
    drawing.ellipse((120, 60, 300, 240), fill=(220, 20, 40))
    drawing.polygon([(220, 260), (300, 90), (400, 260)], fill=(20, 60, 200))
    drawing.text((150, 120), "Shop", fill="white", font_size=48)
    return image


def _gradient() -> Image.Image:
    width, height = SIZE
    colours = [
        (40 + x * 120 // width, 80 + y * 100 // height, 200 - (x + y) * 80 // (width + height))
        for y in range(height)
        for x in range(width)
    ]
    image = Image.new("RGB", SIZE)
    image.putdata(colours)
    return image


if __name__ == "__main__":
    main()
