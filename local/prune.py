"""The end of `make deploy` deletes old versions of a deployment's functions.

SAM keeps every version. Each of the API costs, because it has a snapshot (see docs/deploy.md), and all count
towards the 75 GB that an account has for code.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from local import stacks

KEPT = 2
"""Versions before the one that is live, so that an alias can be set back."""


def prune(stack: str, cloudformation: Any, functions: Any) -> list[str]:
    """Delete the versions before those that aliases use, except the last KEPT of each function.

    Return them as `function:version`. Newer versions stay, because a deployment may be under way.
    """
    gone = []
    for name in stacks.resources(stack, cloudformation).get("AWS::Lambda::Function", []):
        live = min(_used(name, functions), default=0)
        older = sorted(version for version in _versions(name, functions) if version < live)
        for number in older[:-KEPT]:
            functions.delete_function(FunctionName=name, Qualifier=str(number))
            gone.append(f"{name}:{number}")
    return gone


def _used(name: str, functions: Any) -> Iterator[int]:
    """Yield the versions that aliases point to; while a release takes over, an alias has two."""
    for page in functions.get_paginator("list_aliases").paginate(FunctionName=name):
        for alias in page["Aliases"]:
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
            yield from _numbers((alias["FunctionVersion"], *weights))


def _versions(name: str, functions: Any) -> Iterator[int]:
    for page in functions.get_paginator("list_versions_by_function").paginate(FunctionName=name):
        yield from _numbers(entry["Version"] for entry in page["Versions"])


def _numbers(versions: Iterable[str]) -> Iterator[int]:
    """Yield the numbers of versions, without $LATEST, to which an operator's own alias may point."""
    yield from (int(version) for version in versions if version != "$LATEST")
