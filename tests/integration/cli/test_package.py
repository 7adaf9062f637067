"""What `pipx install ./cli` installs."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from local.runner.children import PROJECT


def test_the_wheel_has_every_module_the_command_and_the_types(tmp_path: Path) -> None:
    source = tmp_path / "cli"
    shutil.copytree(
        PROJECT / "cli", source, ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
    )
    wheel_of = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*wheel_of, "--wheel-dir", str(tmp_path), str(source)], check=True, timeout=120)
    [wheel] = tmp_path.glob("catalight_cli-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        [points] = [packed.read(name).decode() for name in names if name.endswith("entry_points.txt")]
    package = source / "catalight_cli"
    wanted = {str(path.relative_to(source)) for path in package.rglob("*.py")}
    assert wanted | {"catalight_cli/py.typed"} == {name for name in names if ".dist-info/" not in name}
    assert "catalight = catalight_cli.app:main" in points
