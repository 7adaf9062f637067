"""Runs the tests of the page's modules that need no browser with Node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "functions/api/page"


def test_modules_that_need_no_browser(tmp_path: Path) -> None:
    """They lie beside their tests here, in a folder that Node reads as ES modules."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("The page's modules were NOT TESTED: no node on this machine")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "advice.js").write_text("export default {};")  # the API makes this one
    for path in (*PAGE.glob("*.js"), *HERE.glob("*.test.js")):
        shutil.copy(path, tmp_path)
    ended = subprocess.run(
        [node, "--test", *(str(tmp_path / path.name) for path in sorted(HERE.glob("*.test.js")))],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
