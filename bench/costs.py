"""The cost of compression on Lambda, computed from the measurements of this machine."""

from bench.candidates import OPTIMISED, SANDBOX, UNOPTIMISED
from bench.measure import Measurement
from bench.tables import table
from catalight.domain.image.capacity import capacity

DOLLARS_A_GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
DOLLARS_A_REQUEST = 0.20 / 1e6
PRICES = "list prices of us-east-1 in May 2026, first tier"
IMAGES_A_REQUEST = 10
MB_A_VCPU = 1769

MEMORY = (1024, 1280, 1769, 2048, 3538)


def dollars(memory_mb: int, seconds: float, architecture: str) -> float:
    """Return the dollars for a million images that take `seconds` each."""
    duration = memory_mb / 1024 * seconds * DOLLARS_A_GB_SECOND[architecture]
    return 1e6 * (duration + DOLLARS_A_REQUEST / IMAGES_A_REQUEST)


def by_memory(measurement: Measurement, speed_of_two: float) -> str:
    """Return a table of time and cost by memory size. `speed_of_two`: throughput of two threads over one."""
    one_at_a_time = 1 / measurement.result(SANDBOX).images_a_second
    rows = []
    for memory in MEMORY:
        vcpus, at_once = memory / MB_A_VCPU, capacity(memory).coders
        seconds = one_at_a_time / min(1, vcpus) / (speed_of_two if at_once == 2 else 1)
        rows.append(
            (
                f"{memory:,}",
                f"{vcpus:.2f}",
                str(at_once),
                f"{seconds * 1000:.1f}",
                *(f"{dollars(memory, seconds, name):.2f}" for name in DOLLARS_A_GB_SECOND),
                "modelled" if vcpus < 1 else "measured",
            )
        )
    prices = (f"$ per million, {name}" for name in DOLLARS_A_GB_SECOND)
    header = ("ImageMemory, MB", "vCPU", "concurrent images", "ms per image", *prices, "ms")
    return table(header, rows) + f"\n\nDollars: {PRICES}."


def huffman(measurement: Measurement) -> str:
    """Return what optimised Huffman tables cost and save, with 1,769 MB on arm64."""
    slow, fast = measurement.result(OPTIMISED), measurement.result(UNOPTIMISED)
    seconds = 1 / slow.images_a_second - 1 / fast.images_a_second
    images = len(slow.sizes)
    saved = (sum(fast.sizes.values()) - sum(slow.sizes.values())) / images
    extra = MB_A_VCPU / 1024 * seconds * DOLLARS_A_GB_SECOND["arm64"]
    return (
        f"Optimised tables take {seconds * 1000:.1f} ms and save {saved / 1000:.1f} kB per image:"
        f" ${extra / saved * 1e9:.3f} for each GB saved."
    )
