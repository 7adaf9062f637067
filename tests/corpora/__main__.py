"""Sends hostile pictures through the sandbox: `python -m tests.corpora --cases 100000`, or `make corpora`."""

import argparse
import sys

from catalight.domain.image.options import Options, Target
from tests.corpora import pillow
from tests.corpora.bombs import bombs
from tests.corpora.judge import Report, judge
from tests.corpora.mutations import mutations


def main() -> int:
    """Judge the corpora that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", default=["pillow", "bombs", "mutations"])
    parser.add_argument("--cases", type=int, default=100_000, help="mutations, each to every format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", nargs="*", type=Target, default=[*Target])
    asked = parser.parse_args()
    targets = [Options(format=target) for target in asked.formats]
    reports: list[Report] = []
    corpora = {
        "pillow": pillow.images(),
        "bombs": bombs(),
        "mutations": mutations(asked.seed, asked.cases // len(targets)),
    }
    for corpus in asked.corpora:
        reports.append(judge(corpus, corpora[corpus], targets))
        print(reports[-1], flush=True)
    return any(report.broken for report in reports)


if __name__ == "__main__":
    sys.exit(main())
