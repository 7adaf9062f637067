from pathlib import Path

import pytest

from catalight_cli import Client
from local import smoke
from local.hosts.image_server import ImageServer
from local.runner.system import System


def catalogue(folder: Path, *urls: str) -> Path:
    path = folder / "smoke.csv"
    path.write_text("SKU,Image\n" + "".join(f"{n},{url}\n" for n, url in enumerate(urls)))
    return path


def test_a_service_that_works_has_no_fault_and_keeps_no_job(
    system: System, images: ImageServer, tmp_path: Path
) -> None:
    with Client(system.url) as client:
        before = [job["request_id"] for job in client.jobs()]
        sent = catalogue(tmp_path, f"{images.url}/3300.jpg", f"{images.url}/missing/3301.jpg")
        assert smoke.smoke(client, sent) == []
        assert [job["request_id"] for job in client.jobs()] == before


def test_a_job_without_any_image_is_a_fault(system: System, images: ImageServer, tmp_path: Path) -> None:
    with Client(system.url) as client:
        faults = smoke.smoke(client, catalogue(tmp_path, f"{images.url}/missing/3302.jpg"))
    assert faults == ["no image is done: {'not_found': 1}"]


def test_the_command_tells_what_is_wrong_by_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CATALIGHT_URL", raising=False)
    assert smoke.main() == 2
    monkeypatch.setenv("CATALIGHT_URL", "ftp://nowhere.test")
    assert smoke.main() == 1
    assert "CATALIGHT_URL is missing" in capsys.readouterr().err
