"""The ports, in memory and on MongoDB alike: rows."""

from dataclasses import replace

from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.report import Chosen, Source
from catalight.domain.job.row import Image, RowState
from tests.integration.adapters.ports.stores import GONE, NOW, TIMES, Store, a_row, ended

CHOSEN = Chosen(62, 70.4)


class TestRows:
    def test_rows_survive_storage_in_csv_order(self, store: Store) -> None:
        done = Image("http://h/b").done("t/b.jpg", bytes_in=9, bytes_out=8, width=7, height=6, kept=True)
        reported = Image("http://h/d").done("t/d.jpg", 9, 8, 7, 6, Source("tiff", 70, 60), TIMES)
        reported = replace(reported, chosen=CHOSEN)
        images = (
            done,
            reported,
            Image("n/a").failed(GONE),
            Image("http://h/c").retry_later(GONE, NOW, NOW, 60),
            Image("https://h.com/e", written="//h.com/e", notes=("URL_SCHEME_ADDED", "URL_TRIMMED")),
            Image("http://h/d", same_as=(7, 1), column=2).like(reported),
        )
        rows = [a_row(number) for number in (10, 2, 1)] + [a_row(0, images=images)]
        store.rows.insert(rows)
        store.rows.insert([a_row(5, job_id="job2"), a_row(6, job_id="jo")])
        assert list(store.rows.stream("job")) == sorted(rows, key=lambda row: row.number)

    def test_renditions_survive_storage(self, store: Store) -> None:
        repaired = Image("https://h.com/e", written="//h.com/e", notes=("URL_SCHEME_ADDED",), column=3)
        plain = Image("http://h/d", same_as=(7, 4))
        images = [replace(image, rendition=number) for image in (repaired, plain) for number in range(3)]
        images[1] = images[1].done("t/b.webp", bytes_in=0, bytes_out=8, width=7, height=6, small=True)
        images[4] = images[4].failed(GONE)
        row = a_row(0, images=tuple(images))
        store.rows.insert([row])
        assert list(store.rows.stream("job")) == [row]
        changed = replace(row, images=(images[0].failed(GONE), *images[1:]))
        [saved] = store.rows.save([changed])
        assert replace(saved, version=0) == changed
        assert list(store.rows.stream("job")) == [saved]

    def test_a_range_has_its_pending_rows_of_this_run(self, store: Store) -> None:
        rows = [a_row(2), a_row(1), ended(a_row(0)), a_row(3, row_range=1), a_row(4, run=2)]
        store.rows.insert([*rows, a_row(0, job_id="other")])
        assert store.rows.pending_in_range("job", 1, 0) == [a_row(1), a_row(2)]
        assert store.rows.any_pending_in_range("job", 1, 0)
        assert not store.rows.any_pending_in_range("job", 1, 2)
        assert not store.rows.any_pending_in_range("job", 3, 0)

    def test_ending_the_last_row_leaves_nothing_pending(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1, row_range=1), a_row(0, job_id="other")])
        assert store.rows.any_pending("job")
        assert len(store.rows.save([ended(a_row(0))])) == 1
        assert store.rows.any_pending("job")
        assert len(store.rows.save([ended(a_row(1))])) == 1
        assert not store.rows.any_pending("job")

    def test_a_row_without_images_is_not_pending(self, store: Store) -> None:
        store.rows.insert([a_row(images=(), row_range=None)])
        assert not store.rows.any_pending("job")

    def test_an_ended_row_does_not_change(self, store: Store) -> None:
        store.rows.insert([a_row()])
        [saved] = store.rows.save([ended(a_row())])
        late = replace(saved, images=(Image("http://h/a").done("t/a", 1, 1, 1, 1),))
        assert len(store.rows.save([late])) == 0
        [row] = store.rows.stream("job")
        assert row.images[0].error is ImageErrorCode.NOT_FOUND

    def test_a_stale_duplicate_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1)])
        retry_later = replace(a_row(0), images=(Image("http://h/a").retry_later(GONE, NOW, NOW, 60),))
        [written] = store.rows.save([retry_later])
        assert [row.number for row in store.rows.save([ended(a_row(0)), ended(a_row(1))])] == [1]
        first, second = store.rows.stream("job")
        assert (first, first.pending, second.pending) == (written, True, False)
        assert len(store.rows.save([ended(first)])) == 1

    def test_a_duplicate_with_the_same_outcome_has_not_written_it(self, store: Store) -> None:
        store.rows.insert([a_row(0), a_row(1), a_row(2)])
        assert len(store.rows.save([ended(a_row(0)), ended(a_row(2))])) == 2
        duplicate = [ended(a_row(number)) for number in range(3)]
        assert [row.number for row in store.rows.save(duplicate)] == [1]
        assert store.rows.save(duplicate) == []

    def test_another_run_writes_nothing(self, store: Store) -> None:
        store.rows.insert([a_row(run=2)])
        assert len(store.rows.save([ended(a_row(run=1))])) == 0

    def test_saving_no_rows_does_nothing(self, store: Store) -> None:
        assert len(store.rows.save([])) == 0

    def test_a_repeated_insert_keeps_the_stored_rows(self, store: Store) -> None:
        store.rows.insert([a_row(0)])
        store.rows.save([ended(a_row(0))])
        store.rows.insert([a_row(0), a_row(1)])
        assert [row.pending for row in store.rows.stream("job")] == [False, True]

    def test_pending_rows_are_ordered_by_range(self, store: Store) -> None:
        rows = [a_row(0, row_range=1), a_row(1, row_range=0), ended(a_row(2)), a_row(3, row_range=2)]
        store.rows.insert([*rows, a_row(0, job_id="other")])
        assert [row.number for row in store.rows.pending("job")] == [1, 0, 3]

    def test_rows_are_read_by_their_numbers(self, store: Store) -> None:
        store.rows.insert([a_row(number) for number in range(4)])
        assert [row.number for row in store.rows.read("job", [3, 1, 9])] == [1, 3]

    def test_only_rows_of_earlier_runs_are_reopened(self, store: Store) -> None:
        store.rows.insert([ended(a_row(0)), a_row(1, run=2)])
        new = a_row(0, run=2, row_range=5, version=3)
        store.rows.reopen([new])
        store.rows.reopen([a_row(0, run=2, row_range=7), a_row(1, run=2, row_range=7)])
        assert list(store.rows.stream("job")) == [new, a_row(1, run=2)]
        assert store.rows.any_pending("job")

    def test_pages_have_rows_in_the_requested_states(self, store: Store) -> None:
        done = Image("http://h/b").done("t/b.jpg", bytes_in=9, bytes_out=8, width=7, height=6)
        lost = Image("http://h/c").failed(GONE)
        cases = [(), (done,), (lost,), (done, lost), (done, Image("http://h/d")), (lost, Image("http://h/d"))]
        store.rows.insert(
            a_row(number, images=images, row_range=0 if number > 3 else None)
            for number, images in enumerate(cases)
        )
        store.rows.insert([a_row(0, job_id="job2")])

        def numbers(*states: RowState, after: int = -1, limit: int = 9, most: int | None = None) -> list[int]:
            return [row.number for row in store.rows.page("job", frozenset(states), after, limit, most)]

        assert numbers() == [0, 1, 2, 3, 4, 5]
        assert numbers(after=1, limit=2) == [2, 3]
        assert [numbers(state) for state in RowState] == [[4, 5], [1], [3], [2], [0]]
        assert numbers(RowState.FAILED, RowState.PARTIAL) == [2, 3]
        assert [numbers(RowState.FAILED, most=most) for most in (2, 3)] == [[], [2]]
        assert [numbers(RowState.FAILED, after=0, most=most) for most in (1, 2)] == [[], [2]]

    def test_a_span_of_rows_is_deleted(self, store: Store) -> None:
        store.rows.insert([a_row(number) for number in range(4)])
        store.rows.insert([a_row(1, job_id="job2")])
        store.rows.delete("job", 1, 2)
        assert [row.number for row in store.rows.stream("job")] == [0, 3]
        assert [row.number for row in store.rows.stream("job2")] == [1]


class TestManyRows:
    def test_a_stream_goes_on_after_a_row(self, store: Store) -> None:
        rows = [a_row(number) for number in (0, 1, 2, 10, 11)]
        store.rows.insert(rows)
        assert list(store.rows.stream("job", 1)) == rows[2:]
        assert list(store.rows.stream("job", 11)) == []

    def test_the_head_of_a_lane_is_its_first_range_with_a_pending_row(self, store: Store) -> None:
        ranges = {0: True, 1: False, 2: True, 3: True, 4: True, 5: False, 6: True, 8: False}
        rows = [a_row(number, row_range=number) for number in ranges]
        store.rows.insert([row if ranges[row.number] else ended(row) for row in rows])
        store.rows.insert([a_row(0, job_id="other", row_range=5), a_row(7, row_range=6)])
        assert store.rows.lane_heads("job", 4) == [0, 2, 3]
        assert store.rows.lane_heads("job", 1) == [0]
        assert store.rows.lane_heads("job", 100) == [0, 2, 3, 4, 6]
        assert store.rows.lane_heads("unknown", 4) == []
