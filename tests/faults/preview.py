"""A preview that is made while everything fails: a client that does not give up, and what must hold."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image

from tests.faults.catalogue import OUTCOMES, kind
from tests.faults.client import SUBMIT_TIMEOUT, PersistentClient
from tests.faults.invariants import Store


class PersistentPreview(PersistentClient):
    """Begins a preview of an image, and asks for it until it is stopped."""

    def __init__(self, url: str, image: str) -> None:
        super().__init__(url, b"", {"url": image, "max_width": "100"})
        self._image = image

    @property
    def ended(self) -> bool:
        """Whether the preview was last seen done or failed."""
        return self.last.get("state") in ("DONE", "FAILED")

    def _submit(self) -> None:
        form: dict[str, Any] = {"data": self._fields, "headers": self._key, "timeout": SUBMIT_TIMEOUT}
        if answer := self._call("post", "/preview", **form):
            self.request_id = answer["preview_id"]

    def _poll(self) -> None:
        if answer := self._call("get", f"/preview/{self.request_id}", timeout=SUBMIT_TIMEOUT):
            self.last = answer

    def broken(self, store: Store) -> Iterator[str]:
        """Yield a sentence for each invariant of the preview that does not hold."""
        yield from self.complaints
        code = (self.last.get("error") or {}).get("code", "")
        if not self.ended or code not in OUTCOMES[kind(self._image)]:
            yield f"the preview of {self._image} is {self.last}"
            return
        for key in self.keys:
            with Image.open(BytesIO(store.read(key))) as image:
                image.load()

    @property
    def keys(self) -> set[str]:
        """The keys of its images."""
        shown = (self.last.get(name) for name in ("image", "original"))
        return {f"images/{image['url'].split('/images/')[1]}" for image in shown if image}
