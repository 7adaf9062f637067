"""Check that a JPEG's coded data are complete; libjpeg fills up what is missing, and only warns about it."""

from catalight.adapters.codec import native

_COMPLETE, _INCOMPLETE = range(2)


def is_complete(data: bytes, *, ended: bool = True, reached: bool = False) -> bool | None:
    """Whether every MCU of every scan has its coded data (T.81, annexes F and G), which must not be damaged.

    `ended` is whether the source had its own end marker; if not, each bit of each coefficient must have been
    in a scan too, because the end may lack scans. `reached` is whether decoding is known to have reached the
    last MCU; then a long single scan without restarts is not read. Returns None if this cannot be checked:
    for arithmetic coding, or without the native library.
    """
    library = native.library()
    found = library.check_complete(data, len(data), ended, reached) if library else None
    return None if found not in (_COMPLETE, _INCOMPLETE) else found == _COMPLETE
