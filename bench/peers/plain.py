"""A plain asyncio service, the obvious first version: `python bench/peers/plain.py URLS FOLDER`.

One event loop downloads with httpx and compresses, five images at a time. Like the classic service, it
flattens to RGB and saves at quality 50.
"""

import asyncio
import sys
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

AT_ONCE = 5
QUALITY = 50


async def compress(client: httpx.AsyncClient, slots: asyncio.Semaphore, url: str, output: Path) -> None:
    """Download one image, compress it and write it to the disk."""
    async with slots:
        answer = await client.get(url)
        answer.raise_for_status()
        compressed = BytesIO()
        Image.open(BytesIO(answer.content)).convert("RGB").save(compressed, "JPEG", quality=QUALITY)
        output.write_bytes(compressed.getvalue())


async def main() -> None:
    urls, folder = Path(sys.argv[1]).read_text().split(), Path(sys.argv[2])
    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient() as client:
        each = (compress(client, slots, url, folder / f"{n}.jpg") for n, url in enumerate(urls))
        await asyncio.gather(*each)


if __name__ == "__main__":
    asyncio.run(main())
