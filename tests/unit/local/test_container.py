"""The Dockerfile and compose.yaml keep the rules of hadolint and of Docker."""

import re
from fnmatch import fnmatchcase

import yaml

from local.runner.children import PROJECT

LINES = re.sub(r"\\\n", " ", (PROJECT / "Dockerfile").read_text()).splitlines()
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")]


def test_the_base_is_pinned() -> None:
    assert all(re.search(r":\d+\.\d+(\.\d+)?-", base) for base in instructions("FROM"))


def test_it_does_not_run_as_root() -> None:
    assert instructions("USER") == ["1000"]
    assert LINES.index("USER 1000") < next(n for n, line in enumerate(LINES) if line.startswith("CMD"))


def test_it_says_whether_it_is_well() -> None:
    [check] = instructions("HEALTHCHECK")
    assert "/healthz" in check


def test_packages_are_cleaned_up_and_not_recommended_ones() -> None:
    for run in instructions("RUN"):
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists" in run


def test_only_this_machine_reaches_what_compose_publishes() -> None:
    for service in COMPOSE["services"].values():
        assert service["ports"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_nothing_that_a_machine_has_made_is_copied() -> None:
    """A virtual environment or a library of another system would not run in the container."""
    ignored = (PROJECT / ".dockerignore").read_text().split()
    made = (PROJECT / ".gitignore").read_text().split()
    for name in (pattern.strip("/") for pattern in made if pattern != "/cli/build/"):
        assert any(fnmatchcase(f"a/{name}", one) or fnmatchcase(name, one) for one in ignored), name
