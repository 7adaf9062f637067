"""A plain service, as one would write it first: `python bench/peers/plain.py URLS FOLDER`.

One event loop downloads with httpx and compresses, five pictures at a time, as the classic service did it:
flattened to RGB, saved at quality 50.
"""

import asyncio
import sys
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

AT_ONCE = 5
QUALITY = 50


async def compress(client: httpx.AsyncClient, turn: asyncio.Semaphore, url: str, output: Path) -> None:
    """One picture, from its URL to the disk."""
    async with turn:
        answer = await client.get(url)
        answer.raise_for_status()
        light = BytesIO()
        Image.open(BytesIO(answer.content)).convert("RGB").save(light, "JPEG", quality=QUALITY)
        output.write_bytes(light.getvalue())


async def main() -> None:
    urls, folder = Path(sys.argv[1]).read_text().split(), Path(sys.argv[2])
    turn = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient() as client:
        each = (compress(client, turn, url, folder / f"{n}.jpg") for n, url in enumerate(urls))
        await asyncio.gather(*each)


if __name__ == "__main__":
    asyncio.run(main())
