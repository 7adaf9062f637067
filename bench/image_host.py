"""An HTTP server for product images, in its own process: its CPU is not part of what is measured.

`python -m bench.image_host FOLDER LATENCY COPIES HOSTS` serves what `draw_all` has drawn there, each image
LATENCY milliseconds after the request, or 304 if the request has its ETag. It first prints its address.
Copies of an image have numbers of their own, and differ in the bytes after their end. HOSTS is the number of
addresses, at one port: 127.0.0.1, 127.0.0.2, … (Linux has all of them).
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import repeat
from pathlib import Path

from local.hosts.http_server import NOT_MODIFIED, Handler, Server
from local.hosts.http_server import serving as serving_in_a_thread
from local.hosts.images import draw

DISTINCT = 660
SIZES = ((900, 667), (1760, 1307))  # 0.6 and 2.3 megapixels, in turn


def draw_all(folder: Path, images: int = DISTINCT, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
    """Draw the images that do not exist yet, with these sizes in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(_draw, range(images), repeat(folder), repeat(sizes), chunksize=10))


def _draw(number: int, folder: Path, sizes: Sequence[tuple[int, int]]) -> None:
    path = folder / f"{number}.jpg"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(draw(number, *sizes[number % len(sizes)]))
        unfinished.rename(path)


@contextmanager
def serving(folder: Path, latency: int = 0, copies: int = 1, hosts: int = 1) -> Iterator[str]:
    """Serve the images of the folder until the block ends, after `latency` ms each; yield the address."""
    arguments = (str(folder), str(latency), str(copies), str(hosts))
    command = [sys.executable, "-m", "bench.image_host", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise TypeError("the process has no output pipe")
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


class _ImageHost(Server):
    def __init__(self, folder: Path, latency: int, copies: int) -> None:
        super().__init__(("127.0.0.1", 0), _Images)
        drawn = {int(path.stem): path.read_bytes() for path in folder.glob("*.jpg")}
        self.images = {
            f"/{number + copy * len(drawn)}.jpg": data + bytes(copy)
            for copy in range(copies)
            for number, data in drawn.items()
        }
        self.etags = {path: f'"{sha256(data).hexdigest()[:32]}"' for path, data in self.images.items()}
        self.latency = latency

    def change(self, one_in: int) -> None:
        """Have each `one_in`th image change now and with each call: it gets a byte after its end."""
        for path in list(self.images)[::one_in]:
            self.images[path] += b"\1"
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


class _Alias(_ImageHost):
    """The same images at another address."""

    def __init__(self, host: _ImageHost, address: str) -> None:
        Server.__init__(self, (address, host.server_port), _Images)
        self.images, self.etags, self.latency = host.images, host.etags, host.latency


def main() -> None:
    latency, copies, hosts = map(int, sys.argv[2:])
    server = _ImageHost(Path(sys.argv[1]), latency, copies)
    with ExitStack() as others:
        for number in range(2, hosts + 1):
            others.enter_context(serving_in_a_thread(_Alias(server, f"127.0.0.{number}")))
        print(server.url, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
