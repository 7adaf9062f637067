"""What a build of the layer lacks that was made by `sam build` alone."""

import platform
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
REMEDY = "build it with `make build` or `make deploy`"


def faults(package: Path = PACKAGE) -> Iterator[str]:
    """Yield what is missing, each as a sentence: the C library, or the bytecode. Both only cost time."""
    library = package / f"adapters/codec/native-{platform.machine()}.elf"
    if sys.platform == "linux" and not library.exists():
        yield f"The layer has no C library, so images take longer: {REMEDY}."
    if not Path(cache_from_source(str(package / "__init__.py"))).exists():
        yield f"The functions have no bytecode, so cold starts take 3 to 4 times as long: {REMEDY}."
