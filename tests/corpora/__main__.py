"""Send hostile images through the sandbox and hostile catalogues through the parser: `make corpora`."""

import argparse
import sys

from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora import harness, pillow, shapes
from tests.corpora.bombs import bombs
from tests.corpora.harness import Report
from tests.corpora.mutations import mutations


def main() -> int:
    """Run the named corpora, by default all of them; return 1 if a case is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", default=["pillow", "bombs", "mutations", "catalogues"])
    parser.add_argument(
        "--cases", type=int, default=100_000, help="total number of mutations, spread over the formats"
    )
    parser.add_argument("--shapes", type=int, default=1_000, help="number of shapes of catalogues")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", nargs="*", type=Target, default=[*Target])
    arguments = parser.parse_args()
    targets = [Rendition(format=target) for target in arguments.formats]
    reports: list[Report] = []
    corpora = {
        "pillow": pillow.images(),
        "bombs": bombs(),
        "mutations": mutations(arguments.seed, arguments.cases // len(targets)),
    }
    for corpus in arguments.corpora:
        if corpus == "catalogues":
            shapes.search(arguments.shapes)
            print(f"catalogues: {arguments.shapes:,} shapes are read in proportion to their size")
            continue
        reports.append(harness.run(corpus, corpora[corpus], targets))
        print(reports[-1], flush=True)
    return any(report.broken for report in reports)


if __name__ == "__main__":
    sys.exit(main())
