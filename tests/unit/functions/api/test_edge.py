"""The middleware around the application: hosts, HEAD, CORS and security headers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from functions.api import edge
from functions.api.app import app
from functions.api.services import services
from tests.pipeline import Pipeline, csv_of
from tests.unit.functions.api.requests import ONE, check_problem, upload

SHOP = "https://shop.test"
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}


def client_with(monkeypatch: pytest.MonkeyPatch, **env: str) -> TestClient:
    """A client of the app as built with these environment variables."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(app, "middleware_stack", None)
    return TestClient(app, base_url="https://api.test", raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(autouse=True)
def _rebuild_middleware() -> Iterator[None]:
    """Discard the middleware stack: it is built once, and other modules must not get this environment."""
    yield
    app.middleware_stack = None


class TestHead:
    @pytest.mark.parametrize("path", ["/", "/healthz", "/jobs", "/status/{}", "/jobs/{}/rows", "/docs"])
    def test_a_head_is_a_get_without_the_content(self, client: TestClient, path: str) -> None:
        path = path.format(upload(client).json()["request_id"])
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == get.headers
        assert int(head.headers["Content-Length"]) == len(get.content) > 0

    def test_redirects_go_to_urls_that_are_presigned_for_head(
        self, client: TestClient, pipeline: Pipeline
    ) -> None:
        request_id = upload(client).json()["request_id"]
        pipeline.run()
        [row] = pipeline.rows.stream(request_id)
        for path in (f"/images/{row.images[0].link}", f"/download/{request_id}"):
            get, head = client.get(path), client.head(path)
            assert (get.status_code, head.status_code, head.content) == (307, 307, b"")
            assert head.headers["Location"] == f"{get.headers['Location']}?HEAD"
            assert head.headers["Cache-Control"] == "no-store"
        assert client.head(f"/download/{request_id}?redirect=false").status_code == 200

    @pytest.mark.parametrize(
        ("path", "status"), [("/status/nonsense", 404), ("/nothing", 404), ("/upload", 405)]
    )
    def test_errors_have_no_content_either(self, client: TestClient, path: str, status: int) -> None:
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["content-type"] == "application/problem+json"

    def test_the_allow_header_and_the_openapi_document_include_it(self, client: TestClient) -> None:
        assert client.post("/healthz").headers["Allow"] == "GET, HEAD"
        assert client.get("/upload").headers["Allow"] == "POST"
        for path in client.get("/openapi.json").json()["paths"].values():
            assert ("head" in path) == ("get" in path)


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        ["evil.test/path?", "a@evil.test", "evil.test:port", "a b", "a,b", "[::1", "", "-a", "a" * 254, "ä"],
    )
    def test_an_invalid_host_is_refused(self, client: TestClient, host: str) -> None:
        check_problem(client.get("/", headers={b"Host": host.encode()}), 400, "bad-request")

    @pytest.mark.parametrize(
        "host", ["api.test", "API.test:8443", "127.0.0.1:8000", "[::1]:8000", "my_api", "a.b."]
    )
    def test_a_valid_host_is_served(self, client: TestClient, host: str) -> None:
        assert client.get("/", headers={"Host": host}).status_code == 200

    def test_two_host_headers_are_refused(self, client: TestClient) -> None:
        answer = client.get("/", headers=[("Host", "api.test"), ("Host", "evil.test")])
        check_problem(answer, 400, "bad-request")

    def test_links_use_the_host_header_and_no_other(self, client: TestClient, pipeline: Pipeline) -> None:
        forged = {
            "X-Forwarded-Host": "evil.test",
            "X-Forwarded-Proto": "http",
            "Forwarded": "host=evil.test;proto=http",
            "X-Original-Host": "evil.test",
        }
        job = pipeline.jobs.get(upload(client, ONE, forged).json()["request_id"])
        assert (job.api_base, job.link_base) == ("https://api.test", "https://api.test")

    def test_links_use_the_configured_address(self, client: TestClient, pipeline: Pipeline) -> None:
        built = replace(app.dependency_overrides[services](), api_base="https://proxy.test/catalight")
        app.dependency_overrides[services] = lambda: built
        job = pipeline.jobs.get(upload(client, ONE, {"Host": "evil.test"}).json()["request_id"])
        assert (job.api_base, job.link_base) == (built.api_base, built.api_base)

    def test_with_allowed_hosts_no_other_host_is_served(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = client_with(monkeypatch, ALLOWED_HOSTS="127.0.0.1, localhost")
        assert client.get("/", headers={"Host": "LOCALHOST:8000"}).status_code == 200
        check_problem(client.get("/", headers={"Host": "rebound.test"}), 400, "bad-request")


class TestCors:
    def test_cors_is_disabled_by_default(self, client: TestClient) -> None:
        check_problem(client.options("/upload", headers=PREFLIGHT), 405, "method-not-allowed")
        answer = client.get("/", headers={"Origin": SHOP})
        assert not [name for name in answer.headers if name.startswith("access-control")]

    @pytest.fixture
    def open_client(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
        return client_with(monkeypatch, CORS_ORIGINS=f"{SHOP}, https://other.test")

    def test_a_listed_origin_may_send_a_catalogue(self, open_client: TestClient) -> None:
        wanted = {"Access-Control-Request-Headers": "authorization, idempotency-key"}
        preflight = open_client.options("/upload", headers=PREFLIGHT | wanted)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == SHOP
        assert {"GET", "HEAD", "POST", "DELETE"} == {
            *preflight.headers["Access-Control-Allow-Methods"].split(", ")
        }
        answer = upload(open_client, ONE, {"Origin": SHOP})
        assert answer.status_code == 202
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "Retry-After", "RateLimit", "RateLimit-Policy"} == {*exposed}
        assert "Origin" in answer.headers["Vary"]

    @pytest.mark.parametrize("origin", ["https://evil.test", "null", f"{SHOP}.evil.test", "http://shop.test"])
    def test_other_origins_are_not_allowed(self, open_client: TestClient, origin: str) -> None:
        for method in ("OPTIONS", "GET"):
            answer = open_client.request(method, "/jobs", headers=PREFLIGHT | {"Origin": origin})
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_credentials_are_never_allowed(self, open_client: TestClient) -> None:
        for method in ("OPTIONS", "GET"):
            answer = open_client.request(method, "/jobs", headers=PREFLIGHT)
            assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_errors_have_cors_headers_too(
        self, open_client: TestClient, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipeline.jobs, "find", lambda _: 1 / 0)
        origin = {"Origin": SHOP}
        requests: list[tuple[str, str, dict[str, str]]] = [
            ("GET", "/status/x", {}),
            ("GET", "/nothing", {}),
            ("GET", "/", {"Host": "a b"}),
            ("POST", "/upload", {"Content-Length": "5000000"}),
            ("POST", "/upload", {"Content-Type": "multipart/form-data; charset=utf-7"}),
        ]
        answers = [
            open_client.request(method, path, headers=headers | origin) for method, path, headers in requests
        ]
        assert [answer.status_code for answer in answers] == [500, 404, 400, 413, 415]
        for answer in answers:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["Access-Control-Allow-Origin"] == SHOP

    def test_a_star_allows_all_origins(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = client_with(monkeypatch, CORS_ORIGINS="*").get("/", headers={"Origin": "https://any.test"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


class TestSecurityHeaders:
    @pytest.mark.parametrize(
        "path", ["/", "/status/{}", "/jobs", "/jobs/{}/rows", "/nothing", "/upload", "/docs"]
    )
    def test_every_answer_has_security_headers(self, client: TestClient, path: str) -> None:
        headers = client.get(path.format(upload(client).json()["request_id"])).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"] == edge.A_YEAR

    def test_an_unexpected_error_has_security_headers(
        self, client: TestClient, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pipeline.jobs, "find", lambda _: 1 / 0)
        answer = client.get("/status/x")
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (500, "nosniff")

    def test_plain_http_has_no_hsts_header(self, client: TestClient) -> None:
        plain = TestClient(app, base_url="http://127.0.0.1:8000")
        assert "Strict-Transport-Security" not in plain.get("/").headers

    def test_an_image_may_be_cached(self, client: TestClient, pipeline: Pipeline) -> None:
        request_id = upload(client, csv_of("http://h/a.png")).json()["request_id"]
        pipeline.run()
        [row] = pipeline.rows.stream(request_id)
        assert client.get(f"/images/{row.images[0].link}").headers["Cache-Control"] == "max-age=600"


class TestOtherSites:
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
    def test_without_keys_pages_of_other_sites_cannot_send(
        self, client: TestClient, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, site: str
    ) -> None:
        job = pipeline.start("http://h/a.jpg")
        jobs = dict(pipeline.jobs.jobs)
        open_to_all = client_with(monkeypatch, AUTHENTICATION="none")
        headers = {"Sec-Fetch-Site": site, "Origin": SHOP}
        check_problem(upload(open_to_all, ONE, headers), 403, "other-site")
        check_problem(open_to_all.delete(f"/jobs/{job.id}", headers=headers), 403, "other-site")
        assert pipeline.jobs.jobs == jobs
        assert open_to_all.get("/", headers=headers).status_code == 200

    @pytest.mark.parametrize("origin", [SHOP, "null", "http://api.test:81"])
    def test_the_origin_is_enough_to_refuse_older_browsers(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, origin: str
    ) -> None:
        open_to_all = client_with(monkeypatch, AUTHENTICATION="none")
        check_problem(upload(open_to_all, ONE, {"Origin": origin}), 403, "other-site")

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "https://api.test"},
            {"Origin": "https://api.test", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
        ],
    )
    def test_our_own_page_and_other_clients_may_send(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
    ) -> None:
        assert upload(client_with(monkeypatch, AUTHENTICATION="none"), ONE, headers).status_code == 202

    @pytest.mark.parametrize("origins", [SHOP, f"https://other.test,{SHOP}", "*"])
    def test_listed_origins_may_send(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, origins: str
    ) -> None:
        named = client_with(monkeypatch, AUTHENTICATION="none", CORS_ORIGINS=origins)
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": SHOP}
        assert upload(named, ONE, headers).status_code == 202

    def test_with_keys_every_site_may_send(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        locked = client_with(monkeypatch, AUTHENTICATION="keys")
        assert upload(locked, ONE, {"Sec-Fetch-Site": "cross-site"}).status_code == 202
