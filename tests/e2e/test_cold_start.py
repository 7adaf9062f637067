"""Importing a built function takes hardly longer than importing its libraries."""

import subprocess
import sys

import pytest

from bench.cold_start import Function, Imports, functions
from local.built.emulator import base_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the functions are built for Linux")

# A tenth or more above docs/performance.md: the ratios depend on the processor and on what else it does. The
# API makes its routes and models too; Ingest, Aggregator and Export have the most modules of their own.
BOUNDS = {
    "Keys": 1.15,
    "Sweeper": 1.15,
    "DeadLetter": 1.15,
    "Image": 1.20,
    "Aggregator": 1.25,
    "Export": 1.25,
    "Ingest": 1.30,
    "Api": 1.40,
}
# Prints how many classes had their methods compiled, how many patterns were, and what is compiled afterwards.
COMPILED = """
import importlib, re, sys
sources, patterns = [], []
sys.addaudithook(lambda event, of: sources.append(of[0]) if event == "compile" else None)
import dataclasses, pathlib
parse = re._parser.parse
re._parser.parse = lambda *of: patterns.append(of) or parse(*of)
importlib.import_module(sys.argv[1])
before = len(patterns)
re.compile("compiled as usual afterwards")
classes = sum(b"__create_fn__" in source for source in sources if source)
print(classes, before, len(patterns) - before, "exec" in vars(dataclasses))
"""
ROUNDS, MOST_ROUNDS = 2, 20  # more only while the ratio is above its bound: other work disturbs the machine


def test_all_functions_have_a_bound() -> None:
    assert {function.name for function in functions()} == set(BOUNDS)


@pytest.mark.parametrize("name", BOUNDS)
def test_own_imports_are_a_small_part(name: str) -> None:
    [function] = [function for function in functions() if function.name == name]
    imports, rounds = Imports(function), 0
    while rounds < ROUNDS or (imports.ratio > BOUNDS[name] and rounds < MOST_ROUNDS):
        imports.measure()
        rounds += 1
    assert imports.ratio <= BOUNDS[name]


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_nothing_that_the_build_compiles_is_compiled_again(function: Function) -> None:
    command = [base_python(), "-S", "-P", "-c", COMPILED, function.module]
    answer = subprocess.run(
        command, env=dict(function.environment), check=True, capture_output=True, text=True
    )
    assert answer.stdout.split() == ["0", "0", "1", "False"]
