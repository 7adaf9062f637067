"""The config file, the environment and the command line: what applies, and that a key stays private."""

import stat
from pathlib import Path

import pytest

from catalight_cli import CatalightError, config
from catalight_cli.config import Settings

URL = "https://api.example"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv(config.KEY, raising=False)
    return tmp_path


def test_without_anything_the_local_system_is_called_without_a_key() -> None:
    assert config.settings(None) == Settings("http://127.0.0.1:8000", None, None)


def test_the_file_is_readable_by_its_owner_only_and_read_again() -> None:
    path = config.write({"url": URL, "api_key": 'a"\\ü'})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert config.settings(None) == Settings(URL, 'a"\\ü', str(path))


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    config.write({"url": URL, "api_key": "stored"})
    monkeypatch.setenv(config.KEY, "given")
    assert config.settings("http://other/") == Settings("http://other", "given", config.KEY)


def test_the_files_key_goes_to_the_files_service_only() -> None:
    config.write({"url": URL, "api_key": "stored"})
    assert config.settings("http://other").api_key is None
    assert config.settings(f"{URL}/").api_key == "stored"
    config.write({"api_key": "stored"})
    assert config.settings(config.DEFAULT_URL).api_key == "stored"


def test_a_file_with_a_key_that_others_may_read_is_refused() -> None:
    path = config.write({"url": URL, "api_key": "stored"})
    path.chmod(0o644)
    with pytest.raises(CatalightError, match="chmod 600"):
        config.settings(None)
    config.write({"url": URL}).chmod(0o644)
    assert config.settings(None).url == URL


@pytest.mark.parametrize("text", ["url = ", "key = 'x'", "url = 1", "\xff"])
def test_an_unusable_file_is_refused(home: Path, text: str) -> None:
    config.write({})
    config.path().write_bytes(text.encode("latin-1"))
    with pytest.raises(CatalightError, match=r"config\.toml"):
        config.settings(None)
