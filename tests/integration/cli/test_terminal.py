"""The installed command on a terminal, against a scripted service."""

import re
from pathlib import Path

from tests.integration.cli.conftest import COMMAND
from tests.integration.cli.terminal import on_terminal
from tests.unit.cli.service import ID, LOST, Reply, Service, a_status

RUNNING = Reply(200, a_status("PROCESSING", done=1), {"Retry-After": "1"})
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def test_ctrl_c_gives_the_cursor_back_and_says_how_to_go_on(
    service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    service.say(RUNNING)
    code, got = on_terminal(environment, tmp_path, COMMAND, "watch", ID, typed={"1 of 2 images": "\x03"})
    assert code == 130
    assert got.rindex(SHOW) > got.rindex(HIDE)
    said = " ".join(got[got.rindex(SHOW) :].split())
    assert f"the job goes on. Watch it again: catalight watch {ID}" in said


def test_an_outage_is_said_above_the_progress(
    service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    service.say(RUNNING, LOST, RUNNING, Reply(200, a_status()))
    code, got = on_terminal(environment, tmp_path, COMMAND, "watch", ID)
    assert code == 0
    assert "the connection was lost" in " ".join(got.split())
    assert re.search(r"State +COMPLETED\r\n", got)


def test_delete_asks(service: Service, environment: dict[str, str], tmp_path: Path) -> None:
    service.say(Reply(204, b""))
    for answer, code in (("n", 1), ("y", 0)):
        command = (COMMAND, "delete", ID)
        assert on_terminal(environment, tmp_path, *command, typed={"[y/N]": f"{answer}\r"})[0] == code
    assert [seen.method for seen in service.seen] == ["DELETE"]


def test_a_key_is_not_shown_while_it_is_typed(
    service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    service.say(Reply(200, {"jobs": [], "next": None}))
    code, got = on_terminal(
        environment, tmp_path, COMMAND, "key", "set", typed={"API key: ": "catalight_x\r"}
    )
    assert (code, "catalight_x" in got) == (0, False)
    assert service.seen[0].headers["Authorization"] == "Bearer catalight_x"


def test_the_id_of_a_job_can_be_copied_from_a_narrow_terminal(
    service: Service, environment: dict[str, str], tmp_path: Path
) -> None:
    long = a_status() | {"file_name": "a long name of a file " * 10}
    service.say(Reply(200, {"jobs": [long], "next": None}))
    code, got = on_terminal(environment, tmp_path, COMMAND, "list")
    assert (code, ID in got) == (0, True)
