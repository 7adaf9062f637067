"""A fork server whose children images can take over: `python -m tests.unit.adapters.codec.hostile …`.

All of it is the real one but the codec: an "image" is Python code, which the child runs.
"""

import os
from typing import IO

from catalight.adapters.codec import compress, fork_server
from catalight.domain.image import report
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import Limits
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.hostile_code import outcome


def run_image(
    file: IO[bytes], scratch: IO[bytes], data: bytes, options: Rendition, limits: Limits
) -> compress.Encoded:
    """Run an image, in place of compressing it."""
    os.write(file.fileno(), outcome(data.decode()).encode())
    source = report.Source("jpeg", 1, 1)
    return compress.Encoded(ImageFormat.JPEG, (1, 1), source, kept=False, times=report.Times())


if __name__ == "__main__":
    compress.compress_into, compress.prepare = run_image, lambda: None
    fork_server.main()
