"""TIFFs of kinds that Pillow does not write (TIFF 6.0)."""

import struct
import zlib

DEFLATE = 8


def tiff(
    width: int,
    height: int,
    samples: int,
    data: bytes,
    *,
    photometric: int,
    bits: int = 8,
    extra: tuple[int, ...] = (),
    numbers: int = 1,
    planar: int = 1,
    compression: int = 1,
    predictor: int = 1,
    orientation: int = 1,
    order: str = "<",
) -> bytes:
    """A TIFF of one strip; `data` are its samples, already with the differences of `predictor`."""
    packed = zlib.compress(data) if compression == DEFLATE else data
    strips = planar if planar == 1 else samples
    lengths = [len(packed) // strips] * strips
    tags = {
        256: (width,),
        257: (height,),
        258: (bits,) * samples,
        259: (compression,),
        262: (photometric,),
        273: tuple(8 + sum(lengths[:n]) for n in range(strips)),
        274: (orientation,),
        277: (samples,),
        278: (height,),
        279: tuple(lengths),
        284: (planar,),
        317: (predictor,),
        338: extra,
        339: (numbers,) * samples,
    }
    tags = {tag: values for tag, values in tags.items() if values}
    start = 8 + len(packed) + len(packed) % 2
    after, entries, more = start + 2 + 12 * len(tags) + 4, b"", b""
    for tag, values in tags.items():
        content = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            more, content = more + content, struct.pack(f"{order}I", after + len(more))
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + content
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    directory = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    return head + packed.ljust(start - 8, b"\0") + directory + more
