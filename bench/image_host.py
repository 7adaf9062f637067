"""An HTTP server for product images, in its own process: its CPU is not part of what is measured.

`python -m bench.image_host FOLDER LATENCY` serves what `draw_all` has drawn there, each image LATENCY
milliseconds after the request, or 304 if the request has its ETag. It first prints its address.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import repeat
from pathlib import Path

from local.hosts.http_server import NOT_MODIFIED, Handler, Server
from local.hosts.images import draw

DISTINCT = 660
SIZES = ((900, 667), (1760, 1307))  # 0.6 and 2.3 megapixels, in turn


def draw_all(folder: Path, images: int = DISTINCT) -> None:
    """Draw the images that do not exist yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(_draw, range(images), repeat(folder), chunksize=10))


def _draw(number: int, folder: Path) -> None:
    path = folder / f"{number}.jpg"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(draw(number, *SIZES[number % len(SIZES)]))
        unfinished.rename(path)


@contextmanager
def serving(folder: Path, latency: int = 0) -> Iterator[str]:
    """Serve the images of the folder until the block ends, after `latency` ms each; yield the address."""
    command = [sys.executable, "-m", "bench.image_host", str(folder), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise TypeError("the process has no output pipe")
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


class _ImageHost(Server):
    def __init__(self, folder: Path, latency: int) -> None:
        super().__init__(("127.0.0.1", 0), _Images)
        self.images = {f"/{path.name}": path.read_bytes() for path in folder.glob("*.jpg")}
        self.etags = {path: f'"{sha256(data).hexdigest()[:32]}"' for path, data in self.images.items()}
        self.latency = latency

    def change(self, one_in: int) -> None:
        """Have each `one_in`th image change now and with each call: it gets a byte after its end."""
        for path in list(self.images)[::one_in]:
            self.images[path] += b"\0"
            self.etags[path] = f'"{sha256(self.images[path]).hexdigest()[:32]}"'


class _Images(Handler):
    server: _ImageHost

    def do_GET(self) -> None:  # noqa: N802 (the base class's name)
        time.sleep(self.server.latency / 1000)
        etag = self.server.etags[self.path]
        if self.headers.get("If-None-Match") == etag:
            self.answer(NOT_MODIFIED, etag=etag)
        else:
            self.answer(200, self.server.images[self.path], "image/jpeg", etag=etag)

    def do_POST(self) -> None:  # noqa: N802 (the base class's name)
        one_in = int(self.rfile.read(int(self.headers["Content-Length"])))
        if one_in:
            self.server.change(one_in)
        self.answer(204)


def main() -> None:
    server = _ImageHost(Path(sys.argv[1]), int(sys.argv[2]))
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
