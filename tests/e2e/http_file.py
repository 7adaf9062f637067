"""Reads the requests of an .http file, in the form of VS Code's REST Client, and sends them.

https://github.com/Huachao/vscode-restclient#readme
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

TIMEOUT = 60  # seconds
VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
OF_ANSWER = re.compile(r"(\w+)\.response\.body\.\$\.(.+)")
STEP = re.compile(r"\['([^']+)'\]|\.?([\w-]+)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its variables unresolved."""

    name: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: tuple[str, ...]


@dataclass(slots=True)
class HttpFile:
    """The requests of a file in their order; `variables` replace those that the file sets."""

    path: Path
    variables: dict[str, str]
    answers: dict[str, Any] = field(default_factory=dict)

    def parsed(self) -> Iterator[Request]:
        """Yield the requests; set the file's variables."""
        first, *sections = re.split(r"^###.*\n", self.path.read_text(), flags=re.MULTILINE)
        found = dict(re.findall(r"^@(\w+) = (.*)$", first, re.MULTILINE))
        self.variables = found | self.variables
        yield from map(_request, sections)

    def send(self, request: Request) -> requests.Response:
        """Send a request; its answer is known to the next ones."""
        headers = {name: self._resolved(value) for name, value in request.headers.items()}
        multipart = headers.get("Content-Type", "").startswith("multipart/")
        body = (b"\r\n" if multipart else b"\n").join(map(self._line, request.body))
        url = self._resolved(request.url)
        answer = requests.request(request.method, url, headers=headers, data=body or None, timeout=TIMEOUT)
        if answer.content and "json" in answer.headers.get("Content-Type", ""):
            self.answers[request.name] = answer.json()
        return answer

    def _line(self, line: str) -> bytes:
        if line.startswith("< "):
            return (self.path.parent / line.removeprefix("< ")).read_bytes()
        return self._resolved(line).encode()

    def _resolved(self, text: str) -> str:
        return VARIABLE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        name = found[1]
        if name == "$guid":
            return str(uuid.uuid4())
        if of_answer := OF_ANSWER.fullmatch(name):
            value = self.answers[of_answer[1]]
            for quoted, plain in STEP.findall(of_answer[2]):
                value = value.get(quoted or plain, found[0])  # what is missing stays as it is
            return str(value)
        return self._resolved(self.variables[name])


def _request(section: str) -> Request:
    head, _, body = section.strip("\n").partition("\n\n")
    named = re.search(r"^# @name (\w+)$", head, re.MULTILINE)
    assert named is not None, head
    first, *headers = [line for line in head.splitlines() if not line.startswith("#")]
    method, _, url = first.partition(" ")
    pairs = dict(line.split(": ", 1) for line in headers)
    return Request(named[1], method, url, pairs, tuple(body.splitlines()))
