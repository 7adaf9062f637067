"""API keys: how operators manage them, authentication, ownership of jobs, and limits."""

from dataclasses import replace
from unittest.mock import Mock
from uuid import uuid4

import pytest

from catalight.domain import api_keys, usage
from catalight.domain.api_keys import Limits
from catalight.domain.errors import (
    JobGoneError,
    JobNotFinishedError,
    JobNotFoundError,
    KeyNotFoundError,
    LimitError,
    OptionError,
    UnauthorizedError,
    UnavailableError,
)
from catalight.domain.usage import Amounts, Slot
from catalight.usecases.callers.admit import OPENING
from catalight.usecases.callers.authenticate import Authenticate
from catalight.usecases.callers.manage_keys import ManageKeys
from catalight.usecases.callers.throttle import BURST, BYTES_A_SECOND, LEAST, Throttle
from catalight.usecases.jobs.own_job import OwnJob
from catalight.usecases.webhooks.signing_secrets import SigningSecrets
from tests.pipeline import MISSING, Pipeline

MASTER = "whsec_bWFzdGVy"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture
def manage(pipeline: Pipeline) -> ManageKeys:
    return ManageKeys(pipeline.keys, lambda: [MASTER], pipeline.clock, lambda: str(uuid4()))


@pytest.fixture
def authenticate(pipeline: Pipeline) -> Authenticate:
    return Authenticate(pipeline.keys)


class TestManaging:
    def test_a_token_identifies_its_key_and_only_the_digest_is_stored(
        self, pipeline: Pipeline, manage: ManageKeys, authenticate: Authenticate
    ) -> None:
        key, token = manage.make("Acme", Limits(3, 100))
        assert authenticate(token) == key
        assert (key.name, key.limits) == ("Acme", Limits(3, 100))
        assert token not in str(pipeline.keys.all())

    def test_a_revoked_key_is_refused_and_stays_on_the_list(
        self, pipeline: Pipeline, manage: ManageKeys, authenticate: Authenticate
    ) -> None:
        key, token = manage.make("Acme", Limits())
        revoked = manage.revoke(key.id)
        pipeline.clock.forward(60)
        assert manage.revoke(key.id) == revoked
        assert manage.all() == [revoked]
        with pytest.raises(UnauthorizedError):
            authenticate(token)

    @pytest.mark.parametrize(
        ("name", "limits", "field"),
        [
            ("", Limits(), "name"),
            ("a\nb", Limits(), "name"),
            ("a" * 101, Limits(), "name"),
            ("a", Limits(open_jobs=0), "open_jobs"),
            ("a", Limits(rows_a_day=-1), "rows_a_day"),
        ],
    )
    def test_invalid_names_and_limits_are_refused(
        self, manage: ManageKeys, name: str, limits: Limits, field: str
    ) -> None:
        with pytest.raises(OptionError) as refused:
            manage.make(name, limits)
        assert refused.value.field == field
        assert manage.all() == []

    def test_limits_of_a_key_are_changed_one_by_one(self, pipeline: Pipeline, manage: ManageKeys) -> None:
        key, token = manage.make("Acme", Limits(open_jobs=3, rows_a_day=10))
        changed = manage.change_limits(key.id, {"rows_a_day": 20, "images_a_day": 5})
        assert changed == replace(key, limits=Limits(open_jobs=3, rows_a_day=20, images_a_day=5))
        assert Authenticate(pipeline.keys)(token).limits == changed.limits

    @pytest.mark.parametrize(
        "changes", [{}, {"open_jobs": 0}, {"rows_a_day": True}, {"rows_a_day": 10**16}, {"rows": 5}]
    )
    def test_invalid_changes_change_nothing(self, manage: ManageKeys, changes: dict[str, int]) -> None:
        key, _ = manage.make("Acme", Limits())
        with pytest.raises(OptionError):
            manage.change_limits(key.id, changes)
        assert manage.all() == [key]

    def test_an_unknown_key_is_not_found(self, manage: ManageKeys) -> None:
        with pytest.raises(KeyNotFoundError):
            manage.change_limits("nobody", {"rows_a_day": 5})
        for action in (manage.revoke, manage.rotate_webhook_secret, manage.webhook_secrets):
            with pytest.raises(KeyNotFoundError):
                action("nobody")

    def test_a_rotated_webhook_secret_is_used_for_signing(
        self, pipeline: Pipeline, manage: ManageKeys
    ) -> None:
        key, _ = manage.make("Acme", Limits())
        signing = SigningSecrets(pipeline.keys, lambda: [MASTER], pipeline.clock)
        [first] = signing(key.id)
        manage.rotate_webhook_secret(key.id)
        second, before = signing(key.id)
        assert before == first != second
        assert manage.webhook_secrets(key.id) == [second, first]
        pipeline.clock.forward(api_keys.SECRET_OVERLAP.total_seconds())
        assert signing(key.id) == [second]

    def test_without_a_known_key_the_deployments_own_secret_never_signs(
        self, pipeline: Pipeline, manage: ManageKeys
    ) -> None:
        signing = SigningSecrets(pipeline.keys, lambda: [MASTER], pipeline.clock)
        assert signing("") == manage.webhook_secrets("") == [api_keys.webhook_secret(MASTER, "", 1)]
        with pytest.raises(KeyNotFoundError):
            signing("nobody")


class TestAuthenticating:
    def test_a_missing_key_and_a_wrong_key_are_distinguished(self, authenticate: Authenticate) -> None:
        with pytest.raises(UnauthorizedError) as none:
            authenticate(None)
        assert not none.value.given
        for wrong in ("x", api_keys.new_token()):
            with pytest.raises(UnauthorizedError) as unknown:
                authenticate(wrong)
            assert unknown.value.given

    def test_a_digest_is_not_accepted_as_a_token(self, pipeline: Pipeline, manage: ManageKeys) -> None:
        key, _ = manage.make("Acme", Limits())
        with pytest.raises(UnauthorizedError):
            Authenticate(pipeline.keys)(key.digest)


class TestOwnJobs:
    def test_a_job_of_another_owner_does_not_exist(self, pipeline: Pipeline) -> None:
        job = pipeline.start("http://h/a.jpg", owner="mine")
        own_job = OwnJob(pipeline.jobs)
        assert own_job("mine", job.id).id == job.id
        for owner in ("", "yours"):
            with pytest.raises(JobNotFoundError) as refused:
                own_job(owner, job.id)
            assert not isinstance(refused.value, JobGoneError)

    def test_only_the_owner_learns_that_a_job_is_gone(self, pipeline: Pipeline) -> None:
        job = pipeline.start("http://h/a.jpg", owner="mine")
        pipeline.delete_job(job.id)
        own_job = OwnJob(pipeline.jobs)
        with pytest.raises(JobGoneError):
            own_job("mine", job.id)
        with pytest.raises(JobNotFoundError) as refused:
            own_job("yours", job.id)
        assert not isinstance(refused.value, JobGoneError)


class TestLimits:
    def test_rows_per_utc_day_are_limited(self, pipeline: Pipeline) -> None:
        limits = Limits(open_jobs=100, rows_a_day=3)
        pipeline.start("http://h/a.jpg", "http://h/b.jpg", owner="k", limits=limits)
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg", "http://h/b.jpg", owner="k", limits=limits)
        error = refused.value
        assert (error.name, error.limit, error.left, error.wanted) == ("rows", 3, 1, 2)
        assert error.retry_after
        pipeline.start("http://h/a.jpg", owner="k", limits=limits)
        pipeline.start("http://h/a.jpg", owner="another", limits=limits)
        assert len(pipeline.jobs.jobs) == 3
        pipeline.clock.forward(error.retry_after)
        pipeline.start("http://h/a.jpg", owner="k", limits=limits)

    def test_more_rows_than_the_daily_limit_have_no_retry_after(self, pipeline: Pipeline) -> None:
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg", "http://h/b.jpg", owner="k", limits=Limits(rows_a_day=1))
        assert refused.value.retry_after is None

    def test_open_jobs_are_limited(self, pipeline: Pipeline) -> None:
        limits = Limits(open_jobs=2)
        first, _ = (pipeline.start("http://h/a.jpg", owner="k", limits=limits) for _ in range(2))
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg", owner="k", limits=limits)
        assert (refused.value.name, refused.value.retry_after) == ("open-jobs", 30)
        pipeline.run()
        assert pipeline.jobs.get(first.id).state.has_result
        pipeline.start("http://h/a.jpg", owner="k", limits=limits)

    def test_a_repeated_request_under_an_idempotency_key_is_free(self, pipeline: Pipeline) -> None:
        fields = {"owner": "k", "limits": Limits(1, 1), "idempotency_key": "monday"}
        job = pipeline.start("http://h/a.jpg", **fields)
        assert pipeline.start("http://h/a.jpg", **fields).id == job.id

    def test_a_refused_request_stores_nothing_and_can_be_repeated(self, pipeline: Pipeline) -> None:
        fields = {"owner": "k", "limits": Limits(1, 10)}
        pipeline.start("http://h/a.jpg", **fields)
        with pytest.raises(LimitError):
            pipeline.start("http://h/b.jpg", **fields, idempotency_key="tuesday")
        assert len(pipeline.jobs.jobs) == 1
        pipeline.run()
        assert pipeline.start("http://h/b.jpg", **fields, idempotency_key="tuesday")

    def test_a_request_is_counted_once_even_if_it_was_not_completed(self, pipeline: Pipeline) -> None:
        day = pipeline.clock().date()
        for _ in range(2):
            assert pipeline.usage.add("k", day, "order", Amounts(rows=3), Amounts(rows=5))
        assert pipeline.usage.of_day("k", day).rows == 3

    def test_a_retry_counts_only_the_failed_rows(self, pipeline: Pipeline) -> None:
        limits = Limits(open_jobs=5, rows_a_day=3)
        pipeline.hosts = {"http://h/b.jpg": MISSING}
        job = pipeline.start("http://h/a.jpg", "http://h/b.jpg", owner="k", limits=limits)
        pipeline.run()
        pipeline.retry_job(job.id, limits)
        assert pipeline.usage.of_day("k", pipeline.clock().date()).rows == 3
        with pytest.raises(JobNotFinishedError):
            pipeline.retry_job(job.id, limits)
        pipeline.tend(job)
        pipeline.run()
        with pytest.raises(LimitError):
            pipeline.retry_job(job.id, limits)
        assert pipeline.jobs.get(job.id).run == 2

    def test_a_retry_of_a_job_without_failures_counts_as_a_row(self, pipeline: Pipeline) -> None:
        limits = Limits(open_jobs=5, rows_a_day=2)
        job = pipeline.start("http://h/a.jpg", owner="k", limits=limits)
        pipeline.run()
        pipeline.retry_job(job.id, limits)
        assert pipeline.usage.of_day("k", pipeline.clock().date()).rows == 2
        pipeline.tend(job)
        pipeline.run()
        with pytest.raises(LimitError):
            pipeline.retry_job(job.id, limits)

    def test_the_allowance_is_what_remains_of_the_limits(self, pipeline: Pipeline) -> None:
        limits = Limits(5, 10)
        pipeline.start("http://h/a.jpg", "http://h/b.jpg", owner="k", limits=limits)
        left = pipeline.admit.allowance("k", limits)
        assert (left.open_jobs, left.a_day.rows, left.reset) == (4, 8, 86_400)


class TestAmountsOfADay:
    def test_images_are_limited_and_a_row_may_have_many(self, pipeline: Pipeline) -> None:
        limits = Limits(images_a_day=5)
        pipeline.start("http://h/a.jpg http://h/b.jpg http://h/c.jpg", owner="k", limits=limits)
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg, http://h/b.jpg, n/a", owner="k", limits=limits)
        error = refused.value
        assert (error.name, error.limit, error.left, error.wanted) == ("images", 5, 2, 3)
        assert error.retry_after
        with pytest.raises(LimitError) as never:
            pipeline.start(" ".join(f"http://h/{n}" for n in range(6)), owner="k", limits=limits)
        assert never.value.retry_after is None
        pipeline.clock.forward(error.retry_after)
        pipeline.start("http://h/a.jpg, http://h/b.jpg, n/a", owner="k", limits=limits)

    def test_the_bytes_of_the_files_are_limited(self, pipeline: Pipeline) -> None:
        limits = Limits(file_bytes_a_day=1000)
        pipeline.start("http://h/a.jpg", owner="k", limits=limits, file_bytes=600)
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg", owner="k", limits=limits, file_bytes=401)
        assert (refused.value.name, refused.value.left) == ("file-bytes", 400)

    def test_a_retry_counts_the_failed_images_again(self, pipeline: Pipeline) -> None:
        limits = Limits(images_a_day=4)
        pipeline.hosts = {"http://h/b.jpg": MISSING, "http://h/c.jpg": MISSING}
        job = pipeline.start("http://h/a.jpg http://h/b.jpg http://h/c.jpg", owner="k", limits=limits)
        pipeline.run()
        with pytest.raises(LimitError) as refused:
            pipeline.retry_job(job.id, limits)
        assert (refused.value.name, refused.value.left, refused.value.wanted) == ("images", 1, 2)
        pipeline.retry_job(job.id, replace(limits, images_a_day=5))
        assert pipeline.usage.of_day("k", pipeline.clock().date()) == Amounts(2, 5, 0, len("http://h/a.jpg"))

    def test_downloads_are_counted_and_over_their_limit_nothing_more_is_accepted(
        self, pipeline: Pipeline
    ) -> None:
        """Also those of images that fail, and those of repeated attempts."""
        limits = Limits(download_bytes_a_day=40)
        pipeline.hosts = {"http://h/a.jpg": b"a" * 41}
        job = pipeline.start("http://h/a.jpg", owner="k", limits=limits)
        pipeline.run()
        assert pipeline.images(job) == {"http://h/a.jpg": "DONE"}
        assert pipeline.usage.of_day("k", pipeline.clock().date()).download_bytes == 41
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/a.jpg", owner="k", limits=limits)
        assert (refused.value.name, refused.value.left) == ("download-bytes", 0)
        assert refused.value.retry_after
        pipeline.clock.forward(refused.value.retry_after)
        pipeline.start("http://h/a.jpg", owner="k", limits=limits)

    def test_an_outage_of_the_count_fails_no_image(self, pipeline: Pipeline) -> None:
        job = pipeline.start("http://h/a.jpg", owner="k")
        pipeline.usage.down = True
        pipeline.run()
        assert pipeline.images(job) == {"http://h/a.jpg": "DONE"}

    def test_nothing_is_counted_without_keys(self, pipeline: Pipeline) -> None:
        pipeline.start("http://h/a.jpg")
        pipeline.run()
        assert not pipeline.usage.orders


class TestSlots:
    LIMITS = Limits(open_jobs=1)

    def refused(self, pipeline: Pipeline) -> str:
        with pytest.raises(LimitError) as refused:
            pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS)
        return refused.value.name

    def test_a_job_that_was_never_stored_frees_its_slot_after_a_minute(self, pipeline: Pipeline) -> None:
        pipeline.admit("k", self.LIMITS, "crashed", Amounts(rows=1))
        pipeline.clock.forward(OPENING.seconds - 1)
        assert self.refused(pipeline) == "open-jobs"
        pipeline.clock.forward(1)
        pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS)

    def test_the_slot_of_a_crashed_submission_serves_its_repetition(self, pipeline: Pipeline) -> None:
        fields = {"owner": "k", "limits": self.LIMITS, "idempotency_key": "monday"}
        insert, pipeline.jobs.insert = pipeline.jobs.insert, Mock(side_effect=UnavailableError("MongoDB"))  # type: ignore[method-assign]
        with pytest.raises(UnavailableError):
            pipeline.start("http://h/a.jpg", **fields)
        pipeline.jobs.insert = insert  # type: ignore[method-assign]
        assert self.refused(pipeline) == "open-jobs"
        pipeline.start("http://h/a.jpg", **fields)
        assert self.refused(pipeline) == "open-jobs"

    def test_a_deleted_job_frees_its_slot(self, pipeline: Pipeline) -> None:
        job = pipeline.start("http://h/a.jpg", owner="k", limits=self.LIMITS)
        assert self.refused(pipeline) == "open-jobs"
        pipeline.delete_job(job.id)
        pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS)

    def test_a_retry_takes_a_slot_also_while_it_has_not_begun(self, pipeline: Pipeline) -> None:
        pipeline.hosts = {"http://h/a.jpg": MISSING}
        job = pipeline.start("http://h/a.jpg", owner="k", limits=self.LIMITS)
        pipeline.run()
        pipeline.admit("k", self.LIMITS, usage.order(job.id, 2), Amounts(rows=1))
        assert self.refused(pipeline) == "open-jobs"
        pipeline.retry_job(job.id, self.LIMITS)
        pipeline.clock.forward(OPENING.seconds)
        assert self.refused(pipeline) == "open-jobs"
        pipeline.tend(job)
        pipeline.run()
        pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS)

    def test_a_slot_that_another_request_frees_meanwhile_is_taken(self, pipeline: Pipeline) -> None:
        job = pipeline.start("http://h/a.jpg", owner="k", limits=self.LIMITS)
        pipeline.run()

        def freed_meanwhile(owner: str) -> list[Slot]:
            pipeline.usage.open.clear()
            return []

        pipeline.usage.slots = freed_meanwhile  # type: ignore[method-assign]
        assert pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS).id != job.id

    def test_what_another_limit_refuses_takes_no_slot(self, pipeline: Pipeline) -> None:
        with pytest.raises(LimitError):
            pipeline.start("http://h/a.jpg", owner="k", limits=replace(self.LIMITS, rows_a_day=0))
        pipeline.start("http://h/b.jpg", owner="k", limits=self.LIMITS)


class TestThrottle:
    def test_catalogues_are_read_at_a_rate_after_a_burst(self, pipeline: Pipeline) -> None:
        throttle, size = Throttle(pipeline.usage, pipeline.clock), BURST // 20
        for _ in range(20):
            throttle("k", size)
        throttle("another", size)
        with pytest.raises(LimitError) as refused:
            throttle("k", size)
        error = refused.value
        assert (error.name, error.left, error.retry_after) == ("parsing", 0, size // BYTES_A_SECOND)
        pipeline.clock.forward(size // BYTES_A_SECOND)
        throttle("k", size)
        with pytest.raises(LimitError):
            throttle("k", 1)

    def test_small_catalogues_count_too(self, pipeline: Pipeline) -> None:
        throttle = Throttle(pipeline.usage, pipeline.clock)
        for _ in range(BURST // LEAST):
            throttle("k", 1)
        with pytest.raises(LimitError) as refused:
            throttle("k", 1)
        assert refused.value.retry_after == 1
