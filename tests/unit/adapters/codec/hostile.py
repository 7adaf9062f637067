"""A fork server whose children images can take over: `python -m tests.unit.adapters.codec.hostile …`.

All of it is the real one but the codec: an "image" is Python code, which the child runs.
"""

import os
from collections.abc import Iterator, Sequence
from typing import IO

from catalight.adapters.codec import compress, fork_server
from catalight.adapters.codec.encoded import Encoded, Event
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.hostile_code import outcome


def run_image(
    file: IO[bytes], scratch: IO[bytes], data: bytes, renditions: Sequence[Rendition], limits: Limits
) -> Iterator[Event]:
    """Run an image, in place of compressing it: once for each rendition, whose name is its variable `AT`."""
    for index, rendition in enumerate(renditions):
        yield index, None
        found = outcome(f"AT = {rendition.name!r}\n" + data.decode()).encode()
        os.write(file.fileno(), found)
        source = report.Source("jpeg", 1, 1)
        yield (
            index,
            Encoded(
                ImageFormat.JPEG, (1, 1), len(found), source, kept=False, small=False, times=report.Times()
            ),
        )


if __name__ == "__main__":
    compress.compress_into, compress.prepare = run_image, lambda: None
    fork_server.main()
