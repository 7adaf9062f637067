"""Write the corpus into a folder, each file beside what must be understood of it, and count it.

`python -m tests.corpora.catalogues FOLDER`
"""

import json
import sys
from collections import Counter
from pathlib import Path

from tests.corpora.catalogues.corpus import CASES


def main(folder: Path) -> None:
    """Write the files, and print how many of each kind are accepted, with how many warnings."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in CASES:
        path = folder / case.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.data)
        said = {"form": dict(case.form), **case.expected()}
        path.with_name(f"{path.name}.json").write_text(json.dumps(said, ensure_ascii=False, indent=2))
        outcome = "refused" if case.problems else "with warnings" if case.warnings else "accepted"
        counts[case.kind, outcome] += 1
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:12} {outcome:14} {count:4}")
    print(f"{'all':27} {counts.total():4}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
