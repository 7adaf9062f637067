"""No log contains secrets or personal data, on good and on bad paths."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pymongo import MongoClient

from local.client import TIMEOUT, Client
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.children import free_port
from local.runner.system import System
from tests.e2e.conftest import QUICK
from tests.e2e.test_job import finish
from tests.faults.injection import Tally
from tests.faults.proxy import CALM, DENIED, STORM, Proxy, proxy
from tests.integration.guarded_mongod import GuardedMongod, guarded_mongod
from tests.integration.local.waiting import eventually

PASSWORD = "canary-mongodb-password"
HEADERS = {
    "Cookie": "session=canary-cookie",
    "User-Agent": "canary-user-agent",
    "X-Odd": "canary-header",
    "Referer": "https://shop.test/?canary-referer",
}
EXPECTED = ("S3 does not answer", "MongoDB does not answer", "unexpected error", "AccessDenied")
"""Log texts that prove that the bad paths were taken."""


@dataclass
class Running:
    """A system whose parts can fail, and the secrets that must not appear anywhere."""

    system: System
    mongod: GuardedMongod
    proxy: Proxy
    client: Client
    images: ImageServer
    secrets: list[str] = field(default_factory=list)
    links: list[str] = field(
        default_factory=list
    )  # what gives access without a key: image tokens, signatures
    answers: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **rest: Any) -> requests.Response:
        """Call the API and keep its error responses."""
        answer = self.client.http.request(
            method, f"{self.client.url}{path}", timeout=TIMEOUT, allow_redirects=False, **rest
        )
        if answer.status_code >= 400:
            self.answers.append(answer.text)
        return answer

    def upload(self, name: str, webhook_url: str, **headers: str) -> str:
        """Upload a catalogue full of personal data; return the job's id."""
        base = self.images.url
        cells = (
            f"{base}/canary-path-1.jpg?X-Amz-Signature=canary-signature&token=canary-query",
            f"{base}/missing/canary-missing.jpg?canary-query",
            f"{base}/text/canary-text.jpg",
            f"{base}/cut/canary-cut.jpg#canary-fragment",
            base.replace("//", "//canary-user:canary-password@") + "/1.jpg",
            "http://canary-host.invalid/a.jpg",
            "canary no url",
        )
        rows = [f'{n},canary-product jane@canary.test,"{cell}",canary-cell' for n, cell in enumerate(cells)]
        data = "\r\n".join(["Serial Number,Product Name,Input Image Urls,canary-column", *rows]).encode()
        files = {"file": (f"canary-{name}.csv", data, "text/csv")}
        fields = {"webhook_url": webhook_url, "fresh": "true" if name == "denied" else "false"}
        answer = self.ask("POST", "/upload", files=files, data=fields, headers=headers)
        assert answer.status_code == 202, answer.text
        request_id: str = answer.json()["request_id"]
        return request_id


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, images: ImageServer) -> Iterator[Running]:
    proxies: list[Proxy] = []

    @contextmanager
    def front(moto_url: str) -> Iterator[str]:
        with proxy(moto_url, Tally()) as server:
            proxies.append(server)
            yield server.url

    folder = tmp_path_factory.mktemp("guarded")
    with guarded_mongod(folder, PASSWORD) as mongod, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        patch.setenv("MONGODB_URI", mongod.uri_with(PASSWORD))
        parameters = QUICK | {"OutagePause": "1", "Authentication": "keys"}
        with System(parameters=parameters, front=front) as system:
            made = system.invoke("KeysFunction", {"action": "make", "name": "canary-key-name"})
            client = Client(system.url)
            client.http.headers.update(HEADERS | {"Authorization": f"Bearer {made['token']}"})
            running = Running(system, mongod, proxies[0], client, images)
            master = system.client("secretsmanager").get_secret_value(SecretId="WebhookSecretArn")
            running.secrets = [
                PASSWORD,
                master["SecretString"],
                system.webhook_secret,
                made["token"],
                *made["webhook_secrets"],
            ]
            yield running


def good_and_bad_images(running: Running) -> None:
    with webhook_receiver(running.secrets[-1], failures=2) as receiver:
        hook = f"{receiver.url}/canary-hook?token=canary-hook-token"
        request_id = running.upload("good", hook, **{"Idempotency-Key": "canary-idempotency"})
        status = finish(running.client, request_id)
        receiver.events.get(timeout=30)
    assert status["images"] == {"total": 7, "done": 1, "failed": 6}
    link = running.ask("GET", f"/download/{request_id}?redirect=false").json()["url"]
    signed = parse_qs(urlsplit(link).query)
    running.links += signed.get("X-Amz-Signature") or signed["Signature"]
    result = requests.get(link, timeout=TIMEOUT).text
    [image] = [cell for cell in result.replace('"', ",").split(",") if "/images/" in cell]
    running.links.append(urlsplit(image).path.split("/")[2])
    assert running.ask("GET", urlsplit(image).path).status_code == 307
    running.client.http.get(f"{running.client.url}/jobs/{request_id}/rows", timeout=TIMEOUT)


def bad_requests(running: Running) -> None:
    good = {"file": ("canary.csv", b"Serial Number,Product Name,Input Image Urls\n1,a,http://h/a.jpg")}
    image = f"/images/{'t' * 22}/canary.jpg"
    for path in ("/canary-nowhere?canary", "/jobs?cursor=canary", "/status/canary", image):
        assert running.ask("GET", path).status_code >= 400
    stranger = {"Authorization": "Bearer catalight_canary"}
    assert running.ask("GET", "/jobs?canary=canary", headers=stranger).status_code == 401
    for fields in (
        {"quality": "canary"},
        {"canary-field": "canary-form"},
        {"webhook_url": "https://canary-user:canary-password@shop.test/"},
        {"webhook_url": "canary://shop.test/?canary-hook-token"},
    ):
        assert running.ask("POST", "/upload", files=good, data=fields).status_code == 422
    assert running.ask("POST", "/upload", files={"file": ("c.csv", b"canary,\n")}).status_code == 422
    for kind in ("multipart/form-data; boundary=canary", "text/canary"):
        answer = running.ask("POST", "/upload", data=b"canary", headers={"Content-Type": kind})
        assert answer.status_code in (400, 415)


def storms_and_denials(running: Running, webhook_url: str) -> None:
    running.proxy.rates = DENIED
    denied = running.upload("denied", webhook_url)
    assert finish_images(running, denied)["errors"]["internal_error"] == 1
    assert running.ask("GET", f"/images/{'t' * 22}/canary.jpg").status_code == 500
    running.proxy.rates = CALM
    stormy = running.upload("storm", webhook_url)
    running.proxy.rates = STORM
    image = f"/images/{'t' * 22}/canary.jpg"
    eventually(lambda: running.ask("GET", image).status_code == 503)
    running.proxy.rates = CALM
    finish(running.client, stormy)


def finish_images(running: Running, request_id: str) -> dict[str, Any]:
    """Wait until every image has ended; the job itself may not be able to end."""

    def ended() -> dict[str, Any] | None:
        answer = running.client.http.get(f"{running.client.url}/status/{request_id}", timeout=TIMEOUT)
        status: dict[str, Any] = answer.json()
        images = status.get("images", {"done": 0, "failed": 0})
        return status if images["done"] + images["failed"] == 7 else None

    return eventually(ended, 60) or {}


def outages(running: Running, webhook_url: str) -> None:
    request_id = running.upload("outage", webhook_url)
    running.mongod.child.stop()
    assert running.ask("GET", f"/status/{request_id}?canary").status_code == 503
    files = {"file": ("canary.csv", b"Serial Number,Product Name,Input Image Urls\n1,canary,http://h/a.jpg")}
    assert running.ask("POST", "/upload", files=files).status_code == 503
    running.mongod.child.start()
    eventually(lambda: running.ask("GET", f"/status/{request_id}").ok, 30)
    finish(running.client, request_id)
    running.mongod.change_password("canary-new-password")
    running.mongod.drop_user()
    eventually(lambda: running.ask("GET", "/healthz").status_code == 503)
    running.mongod.create_user(PASSWORD)


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Return the lines that contain a canary or a secret."""
    return [line for line in text.splitlines() if any(secret in line for secret in ("canary", *secrets))]


def test_no_log_and_no_response_contains_secrets_or_personal_data(
    running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/canary-hook?canary-hook-token"
    good_and_bad_images(running)
    bad_requests(running)
    storms_and_denials(running, nobody)
    outages(running, nobody)
    logs = {path.name: path.read_text(errors="replace") for path in running.system.folder.rglob("*.log")}
    logs["the runner's terminal"] = "".join(capfd.readouterr())
    found = {name: leaks(text, running.secrets + running.links)[:5] for name, text in logs.items()}
    assert not {name: lines for name, lines in found.items() if lines}
    everything = "".join(logs.values())
    assert not [expected for expected in EXPECTED if expected not in everything]
    # An error may repeat what the caller sent, but no password, not even its own.
    forbidden = [*running.secrets, *running.links, "canary-password", "canary-hook-token"]
    assert not [answer for answer in running.answers if any(secret in answer for secret in forbidden)]


def test_no_function_and_no_output_of_the_stack_contains_a_secret(running: Running) -> None:
    outputs = running.system.client("cloudformation").describe_stacks()["Stacks"]
    environments = [function.environment for function in running.system.functions.values()]
    visible = json.dumps([outputs, environments], default=str)
    assert "secretsmanager" in visible  # the ARNs
    assert not leaks(visible, running.secrets)


def test_the_database_contains_no_keys_and_no_secrets(running: Running) -> None:
    with MongoClient[dict[str, Any]](running.mongod.uri_with(PASSWORD)) as client:
        database = client[running.system.mongodb_database]
        stored = [document for name in database.list_collection_names() for document in database[name].find()]
    assert "canary-key-name" in str(stored)
    assert not [secret for secret in running.secrets if secret in str(stored)]
