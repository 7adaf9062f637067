"""The machine and the versions that were measured."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PIL import features

from bench.candidates import HERE

PACKAGES = ("pillow", "pyvips-binary", "simplejpeg", "PyTurboJPEG")


def describe() -> str:
    """Return the date, the processor, the load and the versions in a sentence."""
    sharp = json.loads((HERE / "node/package.json").read_text())["dependencies"]["sharp"]
    versions = [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%d %B %Y}, one core of {_processor()}, load average before the run {load:.1f};"
        f" Python {platform.python_version()}, libjpeg-turbo {features.version('libjpeg_turbo')} in Pillow,"
        f" {', '.join([*versions, f'sharp {sharp}'])}."
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()  # Arm kernels have no model name
