"""Finds the changes between two OpenAPI documents that would break a client of the older one."""

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete")
LOWER_BOUNDS = ("minimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "maxLength", "maxItems")

type Node = Mapping[str, Any]


def breaking_changes(old: Node, new: Node) -> list[str]:
    """One sentence for each breaking change, sorted; an empty list if every client goes on working."""
    return sorted(_Comparison(old, new).changes())


class _Comparison:
    def __init__(self, old: Node, new: Node) -> None:
        self._old, self._new = old, new

    def changes(self) -> Iterator[str]:
        for path, operations in self._old["paths"].items():
            for method in METHODS:
                if method in operations:
                    name = f"{method.upper()} {path}"
                    operation = self._new["paths"].get(path, {}).get(method)
                    if operation is None:
                        yield f"{name} is gone"
                    else:
                        yield from self._operation(name, operations[method], operation)

    def _operation(self, name: str, old: Node, new: Node) -> Iterator[str]:
        yield from self._parameters(name, _by_name(old), _by_name(new))
        yield from self._body(name, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status < "400":
                yield from self._response(f"{name} → {status}", answer, new["responses"].get(status))

    def _parameters(self, name: str, old: Node, new: Node) -> Iterator[str]:
        for key, parameter in old.items():
            if key not in new:
                yield f"{name}: the {key} is gone"
            else:
                yield from self._request(f"{name}: {key}", parameter["schema"], new[key]["schema"])
        for key, parameter in new.items():
            if parameter.get("required") and not old.get(key, {}).get("required"):
                yield f"{name}: the {key} is newly required"

    def _body(self, name: str, old: Node | None, new: Node | None) -> Iterator[str]:
        if new and new.get("required") and not (old and old.get("required")):
            yield f"{name}: a body is newly required"
        for media_type, content in (old or {}).get("content", {}).items():
            accepted = (new or {}).get("content", {}).get(media_type)
            if accepted is None:
                yield f"{name}: {media_type} is no longer accepted"
            else:
                yield from self._request(f"{name}: body", content["schema"], accepted["schema"])

    def _response(self, name: str, old: Node, new: Node | None) -> Iterator[str]:
        if new is None:
            yield f"{name} is gone"
            return
        for header in old.get("headers", {}):
            if header not in new.get("headers", {}):
                yield f"{name}: the header {header} is gone"
        for media_type, content in old.get("content", {}).items():
            sent = new.get("content", {}).get(media_type)
            if sent is None:
                yield f"{name}: {media_type} is gone"
            else:
                yield from self._answer(name, content.get("schema", {}), sent.get("schema", {}))

    def _request(self, name: str, old: Node, new: Node) -> Iterator[str]:
        """What a client sends: each value that was accepted must be accepted still."""
        old, new = self._resolved(self._old, old), self._resolved(self._new, new)
        yield from (f"{name}: {kind} is no longer accepted" for kind in _types(old) - _types(new))
        yield from (f"{name}: {value!r} is no longer accepted" for value in _gone(old, new))
        for bound in LOWER_BOUNDS:
            if new.get(bound, float("-inf")) > old.get(bound, float("-inf")):
                yield f"{name}: {bound} is higher"
        for bound in UPPER_BOUNDS:
            if new.get(bound, float("inf")) < old.get(bound, float("inf")):
                yield f"{name}: {bound} is lower"
        yield from (f"{name}.{field} is newly required" for field in _required(new) - _required(old))
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{name}.{field} is gone"
            else:
                yield from self._request(f"{name}.{field}", schema, new["properties"][field])
        if "items" in old:
            yield from self._request(f"{name}[]", old["items"], new.get("items", {}))

    def _answer(self, name: str, old: Node, new: Node) -> Iterator[str]:
        """What a client gets: each field that it may rely on must be there, of the same type."""
        old, new = self._resolved(self._old, old), self._resolved(self._new, new)
        yield from (f"{name} may newly be {kind}" for kind in _types(new) - _types(old) if _types(old))
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{name}.{field} is gone"
            else:
                yield from self._answer(f"{name}.{field}", schema, new["properties"][field])
        fields = _required(old) & set(new.get("properties", {}))
        yield from (f"{name}.{field} may newly be missing" for field in fields - _required(new))
        if "items" in old:
            yield from self._answer(f"{name}[]", old["items"], new.get("items", {}))
        if isinstance(old.get("additionalProperties"), Mapping):
            values = new.get("additionalProperties", {})
            yield from self._answer(f"{name}{{}}", old["additionalProperties"], values)

    def _resolved(self, document: Node, schema: Node) -> Node:
        """A schema without references, its nullable alternative merged with the other one."""
        if "$ref" in schema:
            target: Any = document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return self._resolved(document, target)
        if alternatives := "properties" not in schema and (schema.get("anyOf") or schema.get("oneOf")):
            parts = [self._resolved(document, part) for part in alternatives]
            merged = {key: value for part in parts for key, value in part.items()}
            return merged | {"type": sorted(set().union(*map(_types, parts)))}
        return schema


def _by_name(operation: Node) -> dict[str, Node]:
    found = operation.get("parameters", [])
    return {f"{parameter['in']} parameter {parameter['name'].lower()}": parameter for parameter in found}


def _types(schema: Node) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _required(schema: Node) -> set[str]:
    return set(schema.get("required", []))


def _gone(old: Node, new: Node) -> list[object]:
    """Values that the older schema lists and the newer one does not."""
    return [value for value in old.get("enum", []) if "enum" in new and value not in new["enum"]]
