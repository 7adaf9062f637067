"""Shows what the API and the functions of a running system log, a short line each."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local import metric_lines

FILE = "system.log"
API_LOG = "api.log"
FUNCTION_LOGS = "*Function.log"
EVERY_SECONDS = 0.2
ID_LENGTH = 8  # of a request's id; api.log has the whole
OF_POWERTOOLS = (
    *("level", "message", "location", "timestamp", "service", "cold_start", "exception", "exception_name"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id", "xray_trace_id"),
    "http_request_id",
    "trace_id",
    metric_lines.MEMBER,
)


class LogLines:
    """A context manager that prints the lines of a folder's logs, and writes them to `system.log` there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._prints = True

    def __enter__(self) -> None:
        self._shown = (self._folder / FILE).open("w", encoding="utf-8", buffering=1)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._shown.close()

    def _follow(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            for log in [self._folder / API_LOG, *sorted(self._folder.glob(FUNCTION_LOGS))]:
                for line in self._new_lines(log):
                    self._show(f"{time.strftime('%H:%M:%S')} {shown(log.stem, line)}")

    def _new_lines(self, log: Path) -> Iterator[str]:
        """Yield the whole lines that were added to a log since the last call."""
        with log.open("rb") as opened:
            opened.seek(self._read.get(log, 0))
            for line in opened:
                if not line.endswith(b"\n"):
                    return
                self._read[log] = self._read.get(log, 0) + len(line)
                yield line.decode("utf-8", "replace").rstrip()

    def _show(self, line: str) -> None:
        self._shown.write(line + "\n")
        if self._prints:
            try:
                print(line, flush=True)
            except BrokenPipeError:  # nobody reads on, for example in `make run | head`
                self._prints = False
                sys.stdout = self._shown


def shown(source: str, line: str) -> str:
    """Return a line of a log in short, with where it is from."""
    name = "API" if source == "api" else source.removesuffix("Function")
    try:
        entry = json.loads(line)
    except ValueError:
        return f"{name}: {line}"
    match entry:
        case {
            "request": {"method": method, "path": path, "status": status, "ms": ms},
            "http_request_id": id_,
        }:
            return f"{name}: {method} {path} {status} {ms} ms ({id_[:ID_LENGTH]})"
        case {"level": level, "message": message}:
            return f"{name}: {_level(level)}{message}{_rest(entry)}"
    return f"{name}: {line}"


def _level(level: str) -> str:
    return "" if level == "INFO" else f"{level} "


def _rest(entry: dict[str, Any]) -> str:
    """Return the fields that only this line has, the request that it belongs to, and its exception."""
    values = {metric.name: f"{sum(metric.values):g}" for metric in metric_lines.metrics(entry)}
    own = [f"{name}={values.get(name, value)}" for name, value in entry.items() if name not in OF_POWERTOOLS]
    if request := entry.get("http_request_id"):
        own.append(f"({request[:ID_LENGTH]})")
    trace = "".join(f"\n    {line}" for line in entry.get("exception", "").splitlines())
    return "".join(f" {word}" for word in own) + trace
