"""The demo as a new user runs it; the demo checks its own results."""

import subprocess
import sys
from pathlib import Path

from local.demo import FOLDER, IMAGES_FAILED
from local.hosts.image_server import image_server
from local.runner.children import PROJECT


def demo(*arguments: str) -> tuple[int, str]:
    """Run the demo; return its exit code and all that it printed, in one line."""
    ran = subprocess.run(
        [sys.executable, "-m", "local.demo", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return ran.returncode, " ".join((ran.stdout + ran.stderr).split())


def test_the_demo_succeeds() -> None:
    code, printed = demo()
    assert code == 0, printed
    assert "All results are as expected" in printed


def test_the_export_of_a_shop_with_a_missing_image(tmp_path: Path) -> None:
    catalogue = tmp_path / "shop.csv"
    with image_server() as images:
        lines = [
            "Handle,Title,Image Src,Status",
            f"lamp,Lamp,{images.url}/1.jpg,active",
            f"cup,Cup,{images.url}/missing/2.jpg,draft",
        ]
        catalogue.write_text("\n".join(lines))
        code, printed = demo(str(catalogue))
    assert code == IMAGES_FAILED, printed
    assert "lamp Lamp 1 of 1 DONE" in printed
    assert "1 x not_found" in printed
    kept = {path.name for path in (PROJECT / FOLDER).iterdir()}
    assert kept == {"result.csv", "00001-1.jpeg"}
