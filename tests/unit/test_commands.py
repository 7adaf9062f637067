"""The commands of the documents: targets of make; services, operations, options and answers of `aws`."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import botocore.session
import jmespath  # type: ignore[import-untyped]
import pytest
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel

from local.runner.children import PROJECT

PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
COMMAND = re.compile(r"(?:^ {4,}|\{ |`)(aws [a-z0-9-]+ [a-z0-9-]+ [^`\n]*)", re.MULTILINE)
MAKE = re.compile(r"(?:^ {4,}|`)(?:[A-Z_]+=\S+ )*make ([a-z-]+)\b", re.MULTILINE)
SUBSTITUTION = re.compile(r"\$\(\([^()]*\)\)|\$\([^()]*\)")
GLOBAL = {"region", "output", "query", "cli-binary-format"}
"""Options of the command line itself: docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html"""
SHORT = {"paths": "invalidation-batch"}
"""Options that the command line adds, for those of the API."""
FIRST_NAME = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Command:
    """A command of a page, without its substitutions."""

    page: Path
    text: str

    @property
    def words(self) -> list[str]:
        """The words as the shell would pass them, to the end of a function of the shell."""
        return shlex.split(self.text.partition("; }")[0])


def commands(page: Path) -> Iterator[Command]:
    text = page.read_text().replace("\\\n", " ")
    for found in COMMAND.findall(text):
        while found != (found := SUBSTITUTION.sub("VALUE", found)):
            pass
        yield Command(page, found)


COMMANDS = [command for page in PAGES for command in commands(page)]


@cache
def service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def operation(words: list[str]) -> OperationModel:
    model = service(words[1])
    names = {xform_name(name, "-"): name for name in model.operation_names}
    return model.operation_model(names[words[2]])


def options(words: list[str]) -> dict[str, str]:
    """Return the options by name, each with the word after it."""
    return {
        word[2:]: after for word, after in zip(words, [*words[1:], ""], strict=True) if word.startswith("--")
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.page.stem}: {command.text[:60]}")
def test_a_command_names_what_there_is(command: Command) -> None:
    called, given = operation(command.words), options(command.words)
    shape = called.input_shape
    assert shape is not None
    members = {xform_name(name, "-"): name for name in shape.members}
    known = members | {short: members[long] for short, long in SHORT.items() if long in members}
    flags = {f"no-{name}" for name, member in known.items() if shape.members[member].type_name == "boolean"}
    assert given.keys() <= known.keys() | flags | GLOBAL
    required = {xform_name(name, "-") for name in shape.required_members}
    assert required <= {SHORT.get(name, name) for name in given}
    if query := given.get("query"):
        jmespath.compile(query)
        first = FIRST_NAME.match(query)
        assert first
        assert called.output_shape is not None
        assert first[0] in called.output_shape.members


def test_the_commands_are_found() -> None:
    operations = {tuple(command.words[1:3]) for command in COMMANDS}
    assert ("lambda", "invoke") in operations
    assert ("cloudformation", "list-stack-resources") in operations
    assert len(COMMANDS) > 20
    for page in PAGES:
        assert len(re.findall(r"^ {4,}aws ", page.read_text(), re.MULTILINE)) <= len(list(commands(page)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_has_the_targets_that_a_page_names(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(MAKE.findall(page.read_text())) <= targets
