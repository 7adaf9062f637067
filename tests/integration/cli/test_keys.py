"""`catalight key` and `catalight verify-webhook`, as processes."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from tests.integration.cli.conftest import Run
from tests.unit.cli.service import ID, Reply, Service, a_status, problem

TOKEN = "catalight_0123456789abcdef"
SECRET = "whsec_" + "c2VjcmV0" * 4


def test_a_key_is_tried_stored_used_and_forgotten(run: Run, service: Service, tmp_path: Path) -> None:
    service.say(Reply(200, {"jobs": [], "next": None}))
    stored = run("key", "set", stdin=f"{TOKEN}\n")
    file = tmp_path / "config/catalight/config.toml"
    assert (stored.returncode, stored.stdout) == (0, f"The key for {service.url} is stored in {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    service.say(Reply(200, a_status()))
    assert run("status", ID).returncode == 0
    assert {seen.headers["Authorization"] for seen in service.seen} == {f"Bearer {TOKEN}"}
    shown = run("key", "show")
    assert f"from {file}" in shown.stdout
    assert TOKEN not in shown.stdout + shown.stderr + stored.stdout + stored.stderr
    assert json.loads(run("key", "forget", "--json").stdout) == {"forgotten": True}
    run("status", ID)
    assert "Authorization" not in service.seen[-1].headers
    assert TOKEN not in file.read_text()


def test_a_key_that_is_refused_is_not_stored(run: Run, service: Service, tmp_path: Path) -> None:
    service.say(problem(401, "unauthorized"))
    assert run("key", "set", stdin=f"{TOKEN}\n").returncode == 2
    assert not (tmp_path / "config/catalight/config.toml").exists()
    assert run("key", "set", stdin="no key\x00\n").returncode == 2
    assert run("key", "set", "--unchecked", stdin=f"{TOKEN}\n").returncode == 0


def test_a_webhook_is_verified(run: Run, tmp_path: Path) -> None:
    body, now = '{"type": "job.completed"}', datetime.now(UTC)
    (tmp_path / "work/body.json").write_text(body)
    headers = ("--id", "msg_1", "--timestamp", str(int(now.timestamp())))
    signature = Webhook(SECRET).sign("msg_1", now, body)
    valid = run(
        "verify-webhook", "body.json", *headers, "--signature", signature, CATALIGHT_WEBHOOK_SECRET=SECRET
    )
    assert (valid.returncode, valid.stdout) == (0, "The webhook is valid: job.completed.\n")
    (tmp_path / "work/secret").write_text(f"{SECRET}\n")
    command = ("verify-webhook", "-", *headers, "--secret-file", "secret", "--signature")
    assert json.loads(run(*command, signature, "--json", stdin=body).stdout)["valid"]
    wrong = run(*command, signature, stdin=body + " ")
    assert (wrong.returncode, wrong.stderr) == (2, "The webhook is not valid: No matching signature found.\n")
