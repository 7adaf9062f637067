"""A shop's product pictures on an HTTP server with a process of its own, so that its work is nobody else's.

`python -m bench.shop FOLDER` serves what `draw_all` has drawn there; it prints its address first.
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

from local.hosts.http_server import Handler, Server
from local.hosts.images import draw

DISTINCT = 660
SIZES = ((900, 667), (1760, 1307))  # 0.6 and 2.3 megapixels, in turn


def draw_all(folder: Path) -> None:
    """Draw what is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(_draw, range(DISTINCT), repeat(folder), chunksize=10))


def _draw(number: int, folder: Path) -> None:
    path = folder / f"{number}.jpg"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(draw(number, *SIZES[number % len(SIZES)]))
        unfinished.rename(path)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of the folder's pictures, until the block ends."""
    command = [sys.executable, "-m", "bench.shop", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise TypeError("it was started with a pipe")
        yield process.stdout.readline().strip()
        process.kill()


class _Shop(Server):
    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Images)
        self.images = {f"/{path.name}": path.read_bytes() for path in folder.glob("*.jpg")}


class _Images(Handler):
    server: _Shop

    def do_GET(self) -> None:  # noqa: N802 (the base class's name)
        self.answer(200, self.server.images[self.path], "image/jpeg")


def main() -> None:
    shop = _Shop(Path(sys.argv[1]))
    print(shop.url, flush=True)
    shop.serve_forever()


if __name__ == "__main__":
    main()
