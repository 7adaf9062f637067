"""A codec process that an image has taken over, not only crashed: what it tries, and does not get."""

import ctypes
import errno
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalight.adapters.codec import child, forking
from catalight.adapters.codec.answers import SandboxError
from catalight.adapters.codec.forking import ForkServer
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.isolation.starting import TUNING
from catalight.domain.errors import ImageError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.test_sandbox import children, running, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the cage needs Linux")

MODULE = "tests.unit.adapters.codec.hostile"
SECRET = "AWS_SECRET_ACCESS_KEY=canary"
REFUSED = {"errno": errno.EPERM}
SETPCAP = 1 << 8
X86_64 = platform.machine() == "x86_64"
FCNTL, MMAP, PRCTL, PRLIMIT = (72, 9, 157, 302) if X86_64 else (25, 222, 167, 261)
PTRACE, READ_MEMORY = (101, 310) if X86_64 else (117, 270)

# What a taken-over process might do. VICTIM is a process of the same user, which holds a secret at ADDRESS.
ATTACKS = {
    "read the environment of another process": "found = open('/proc/VICTIM/environ').read()",
    "open the memory of another process": "found = os.open('/proc/VICTIM/mem', os.O_RDWR)",
    "trace another process": f"found = raw({PTRACE}, 0x4206, VICTIM, 0, 0)",
    "copy the memory of another process": f"""
        own = ctypes.create_string_buffer(28)
        here = (ctypes.c_size_t * 2)(ctypes.addressof(own), 28)
        there = (ctypes.c_size_t * 2)(ADDRESS, 28)
        raw({READ_MEMORY}, VICTIM, here, ctypes.c_size_t(1), there, ctypes.c_size_t(1), ctypes.c_size_t(0))
        found = own.value.decode()
    """,
    "take a descriptor of another process": "found = os.pidfd_open(VICTIM)",
    "send a signal": "os.kill(VICTIM, 0); found = True",
    "have the kernel send a signal": f"raw({FCNTL}, 0, 8, VICTIM); found = True",
    "raise the limits of another process": f"raw({PRLIMIT}, VICTIM, 4, TWO(0, 0), None); found = True",
    "open a TCP socket": "found = socket.socket(socket.AF_INET, socket.SOCK_STREAM).fileno()",
    "open a UDP socket": "found = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).fileno()",
    "open a Unix socket": "found = socket.socket(socket.AF_UNIX).fileno()",
    "open a netlink socket": "found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).fileno()",
    "open a pair of sockets": "found = [end.fileno() for end in socket.socketpair()]",
    "become another program": "os.execv('/bin/echo', ['echo', '{\"found\": true}'])",
    "start another program": "found = os.posix_spawn('/bin/true', ['true'], {})",
    "fork": "pid = os.fork(); pid or os._exit(0); found = os.waitpid(pid, 0)",
    "read a file": "found = open('/etc/passwd').read()",
    "read its own memory map": "found = open('/proc/self/maps').read()",
    "read a folder": "found = os.listdir('/')",
    "look at a file": "found = os.stat('/etc/passwd').st_size",
    "write a file": "found = os.open('FOLDER/made', os.O_WRONLY | os.O_CREAT)",
    "make a folder": "found = os.mkdir('FOLDER/made') or True",
    "remove a file": "found = os.unlink('FOLDER/file') or True",
    "link a file": "found = os.link('FOLDER/file', 'FOLDER/link') or True",
    "make a file in memory": "found = os.memfd_create('more')",
    "copy a descriptor": "found = os.dup(0)",
    "make a pipe": "found = os.pipe()",
    "raise its own limits": f"raw({PRLIMIT}, 0, 7, TWO(16, 16), None); found = True",
    "allow itself more CPU time": f"raw({PRLIMIT}, 0, 0, TWO(99, 99), None); found = True",
    "survive its parent": f"raw({PRCTL}, 1, 0, 0, 0, 0); found = True",
    "make new code": f"found = raw({MMAP}, 0, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_size_t(0))",
    "leave its session": "found = os.setsid()",
}


@dataclass(frozen=True)
class Victim:
    """A process to attack."""

    pid: int
    address: int


def written(attack: str, victim: Victim, folder: Path) -> str:
    """Return the code of an attack."""
    code = textwrap.dedent(ATTACKS[attack])
    for word, value in (("VICTIM", victim.pid), ("ADDRESS", victim.address), ("FOLDER", folder)):
        code = code.replace(word, str(value))
    return "import ctypes, os, socket\nTWO = ctypes.c_uint64 * 2\n" + code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path


@pytest.fixture
def here() -> Victim:
    """This process, which the fork server belongs to: as the image function."""
    return Victim(os.getpid(), ctypes.addressof(HELD))


HELD = ctypes.create_string_buffer(SECRET.encode())


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Victim]:
    """A process without defences."""
    script = (
        "import ctypes, sys\n"
        f"held = ctypes.create_string_buffer({SECRET.encode()!r})\n"
        "print(ctypes.addressof(held), flush=True)\n"
        "sys.stdin.read()"
    )
    name, value = SECRET.split("=")
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: value},
        text=True,
    ) as process:
        assert process.stdout
        yield Victim(process.pid, int(process.stdout.readline()))


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox whose images are code."""
    monkeypatch.setattr(forking, "MODULE", MODULE)
    with closing(Sandbox(LIMITS)) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, code: str, job: str = "job") -> Any:
    """Run code in a codec process of this job."""
    [made] = sandbox.compress(code.encode(), [Rendition()], job)
    assert isinstance(made, Compressed)
    return json.loads(made.data)


def status_of(process: int | str) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def own_capabilities() -> int:
    return int(status_of("self")["CapEff"], 16)


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[1])


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_works_outside_the_cage(attack: str, elsewhere: Victim, folder: Path) -> None:
    """Otherwise the tests below would show nothing."""
    command = [sys.executable, "-m", f"{MODULE}_code", written(attack, elsewhere, folder)]
    done = json.loads(
        subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout
    )
    assert "found" in done, (done, os.strerror(done.get("errno", 0)))
    if "of another process" in attack and isinstance(done["found"], str):
        assert SECRET in done["found"]


def test_a_child_that_was_taken_over_can_do_none_of_it(sandbox: Sandbox, here: Victim, folder: Path) -> None:
    done = {attack: run(sandbox, written(attack, here, folder)) for attack in ATTACKS}
    assert {attack: found for attack, found in done.items() if found != REFUSED} == {}
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_the_kernel_reports_each_step(sandbox: Sandbox) -> None:
    run(sandbox, "")
    [process] = children()
    status = status_of(process)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    # Only who may set capabilities can take them from the bounding set; others cannot gain any, either.
    kinds = ["Inh", "Prm", "Eff", "Amb", *(["Bnd"] if own_capabilities() & SETPCAP else [])]
    assert {int(status[f"Cap{kind}"], 16) for kind in kinds} == {0}
    limits = Path(f"/proc/{process}/limits").read_text().splitlines()
    held = {line[:25].strip(): line[25:].split()[:2] for line in limits}
    assert held["Max processes"] == held["Max core file size"] == ["0", "0"]
    assert held["Max open files"] == ["16", "16"]
    assert held["Max cpu time"][1] == str(child.LIFE * LIMITS.cpu_seconds)


def test_a_child_sees_no_images_of_another_job(sandbox: Sandbox) -> None:
    """What one image leaves in the memory is there for the next image of its own job alone."""
    run(sandbox, "KEPT.append('catalogue of A')", "A")
    assert run(sandbox, "found = KEPT", "A") == {"found": ["catalogue of A"]}
    [first] = children()
    assert run(sandbox, "found = KEPT", "B") == {"found": []}
    assert not running(first)
    assert run(sandbox, "found = KEPT", "A") == {"found": []}


def test_the_child_gets_no_secrets_in_its_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    names = run(sandbox, "import os; found = [*os.environ]")["found"]
    others = {name for name in names if not name.startswith(TUNING)}
    assert others <= {"PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_CTYPE"}


def test_the_child_inherits_no_open_files(sandbox: Sandbox, tmp_path: Path) -> None:
    """It has the standard streams, its channel, its own size, a scratch file, the source and the output."""
    count = """
        import os
        def is_open(number):
            try:
                os.lseek(number, 0, os.SEEK_CUR)
            except OSError as error:
                return error.errno != 9
            return True
        found = [number for number in range(64) if is_open(number)]
    """
    inheritable = True
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), inheritable)
        found = [run(sandbox, textwrap.dedent(count))["found"] for _ in range(3)]
    assert found == [list(range(8))] * 3


def test_a_child_that_fails_is_not_used_again(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError):
        run(sandbox, "KEPT.append(1); 1 / 0")
    assert run(sandbox, "found = KEPT") == {"found": []}


def test_a_child_that_does_not_answer_ends(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    run(sandbox, "")
    [process] = children()
    monkeypatch.setattr(child, "WALL", 0.02)
    with pytest.raises(ImageError, match="gave_up"):
        run(sandbox, "while True: pass")
    assert not running(process)


def test_a_child_ends_with_the_server_that_forked_it(sandbox: Sandbox) -> None:
    run(sandbox, "")
    [process] = children()
    os.kill(parent(process), signal.SIGKILL)
    wait_until(lambda: not running(process))
    assert run(sandbox, "found = 1") == {"found": 1}


def test_a_child_that_talks_out_of_turn_is_not_used_again() -> None:
    """Else its words would be taken for the answer to the next image."""

    class Server(ForkServer):
        def __init__(self) -> None:
            pass

        def fork(self, channel: socket.socket) -> int:
            self.channel = channel.dup()
            return 1

    server = Server()
    process = child.Child(server, LIMITS)
    server.channel.sendall(b"{}")  # it is ready
    assert process.alive
    process._channel.recv(2)
    process._pid = 1
    assert process.alive
    server.channel.sendall(b"{}")
    assert not process.alive
    process._channel.recv(2)
    server.channel.close()
    assert not process.alive
    process._channel.close()


# Starts a sandbox where the system call of the first argument is refused; its images are the second.
REFUSING = """
import logging, os, sys
from catalight.adapters.codec import forking
from catalight.adapters.isolation import cage, seccomp
from catalight.adapters.isolation.libc import call
from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition

number, code = int(sys.argv[1]), sys.argv[2].replace("VICTIM", str(os.getpid()))
logging.basicConfig(format="%(message)s", stream=sys.stdout)
cage.drop_capabilities()  # with them, this process would be out of reach for a child without
call("prctl", 38, 1, 0, 0, 0)
own, seccomp.program = seccomp.program, lambda machine: [
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, seccomp.REFUSE), (0x06, 0, 0, seccomp.ALLOW)
]
seccomp.install()
forking.MODULE = "tests.unit.adapters.codec.hostile"
sandbox = Sandbox(LIMITS)
sandbox.start()
code = code.replace("SERVER", str(sandbox._server._process.pid))
for job in ("A", "B"):
    [made] = sandbox.compress(code.encode(), [Rendition()], job)
    print(made.data.decode())
sandbox.close()
"""
SECCOMP, CAPSET = (317, 126) if X86_64 else (277, 91)


@pytest.mark.parametrize(
    ("step", "number"), [("filter_system_calls", SECCOMP), ("drop_capabilities", CAPSET)]
)
def test_where_the_kernel_refuses_a_step_the_others_are_taken(step: str, number: int) -> None:
    """The function says so once, and works on; nobody can read its memory, or that of the fork server."""
    code = """
        import os
        def read(process):
            try:
                return open(f"/proc/{process}/environ").read()
            except PermissionError:
                return "refused"
        found = [read(VICTIM), read(SERVER)]
    """
    command = [sys.executable, "-c", REFUSING, str(number), textwrap.dedent(code)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    warning = f"the kernel refuses a step of the sandbox, which goes on without it: {step} (EPERM)"
    assert done.stdout.splitlines() == [warning, *['{"found": ["refused", "refused"]}'] * 2]
