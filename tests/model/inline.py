"""An executor that does things at once, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self


class Inline:
    """As much of ThreadPoolExecutor as is used."""

    def __init__(self, max_workers: int) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None: ...

    def map(self, call: Callable[..., Any], *things: Iterable[Any]) -> Iterator[Any]:
        return map(call, *things)
