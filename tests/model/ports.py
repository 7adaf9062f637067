"""Adapter wrappers that ask the world before every call and let it check the state afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol


class Director(Protocol):
    """What is called before and after each port call."""

    def before(self, call: str, *args: object) -> None: ...
    def after(self) -> None: ...


class Port:
    """An adapter behind the director. Its calls are atomic, except those that real adapters split up.

    Here those handle one row, message or key at a time: a crash or another actor may come in between.
    """

    def __init__(self, name: str, adapter: object, director: Director) -> None:
        self._name, self._adapter, self._director = name, adapter, director

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = f"{self._name}.{method}"
        kind = f"{type(self._adapter).__name__}.{method}"
        if kind in IN_PIECES:

            def ported(things: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
                results = [self._call(call, method, [thing], *args, **kwargs) for thing in things]
                return [saved for result in results if result for saved in result]  # of MemoryRows.save

        elif kind in STREAMS:

            def ported(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                return self._stream(call, method, *args, **kwargs)

        else:

            def ported(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
                return self._call(call, method, *args, **kwargs)

        setattr(self, method, ported)
        return ported

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._name, "__call__", *args, **kwargs)

    def _call(self, call: str, method: str, *args: Any, **kwargs: Any) -> Any:
        self._director.before(call, *args)
        result = getattr(self._adapter, method)(*args, **kwargs)
        self._director.after()
        return result

    def _stream(self, call: str, method: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Yield each item as it is when the cursor reaches it."""
        position = 0
        while True:
            self._director.before(call, *args, position)
            things = list(getattr(self._adapter, method)(*args, **kwargs))
            if position >= len(things):
                return
            yield things[position]
            position += 1


IN_PIECES = {f"MemoryRows.{method}" for method in ("insert", "save", "reopen")} | {
    "Queue.send",
    "MemoryStore.delete",
}

STREAMS = {"MemoryRows.stream", "MemoryRows.pending"}


def with_ports(ports: dict[int, object], value: object) -> object:
    """Return the value with each adapter replaced by its port, at any depth; `ports` is keyed by id()."""
    if id(value) not in ports:
        changed = value
        if is_dataclass(value) and type(value).__module__.startswith("catalight.usecases"):
            held = {field.name: with_ports(ports, getattr(value, field.name)) for field in fields(value)}
            changed = replace(value, **held)  # type: ignore[type-var]
        ports[id(value)] = changed
    return ports[id(value)]
