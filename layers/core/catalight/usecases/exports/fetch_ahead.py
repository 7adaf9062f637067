"""Fetch several objects at once, and yield them in order, in bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future

AT_ONCE = 16  # objects; S3 answers the first byte of each after 30 ms or more


def fetch_ahead[T, R](
    items: Iterable[tuple[T, int]], fetch: Callable[[T], R], threads: Executor, most_bytes: int
) -> Iterator[tuple[T, R]]:
    """Yield each item with what `fetch` returns for it; an item comes with its size in bytes.

    At most AT_ONCE items are fetched ahead, and no more than `most_bytes` unless a single one is larger.
    """
    ahead = deque[tuple[T, int, Future[R]]]()
    waiting = iter(items)
    held = 0
    following = next(waiting, None)
    try:
        while ahead or following:
            while following and (not ahead or (len(ahead) < AT_ONCE and held + following[1] <= most_bytes)):
                item, size = following
                ahead.append((item, size, threads.submit(fetch, item)))
                held += size
                following = next(waiting, None)
            item, size, future = ahead.popleft()
            held -= size
            yield item, future.result()
    finally:
        for _, _, future in ahead:
            future.cancel()
