"""A function's concurrency never needs more memory than the function has."""

from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.image.capacity import DOWNLOADS, MIB, SOURCE_BYTES, capacity
from catalight.domain.image.limits import LIMITS

memory_sizes = st.integers(1_024, 10_240)  # MiB: the template's minimum, and Lambda's maximum


@given(memory_sizes)
def test_everything_fits_into_memory(megabytes: int) -> None:
    allowed = capacity(megabytes)
    downloads = DOWNLOADS * SOURCE_BYTES
    coding = allowed.coders * (allowed.memory + SOURCE_BYTES + 2 * LIMITS.output_bytes)
    assert downloads + coding + allowed.waiting <= (megabytes - 50) * MIB
    assert allowed.memory > 400 * MIB
    assert allowed.waiting >= LIMITS.output_bytes


@given(memory_sizes)
def test_several_coders_each_have_a_started_vcpu_and_memory_for_the_largest_image(
    megabytes: int,
) -> None:
    allowed = capacity(megabytes)
    assert 1 <= allowed.coders <= megabytes / 1_769 + 1
    assert allowed.coders == 1 or allowed.memory >= LIMITS.memory


def test_the_memory_sizes_in_the_documentation() -> None:
    coders = {megabytes: capacity(megabytes).coders for megabytes in (1_024, 1_769, 2_048, 3_538, 10_240)}
    assert coders == {1_024: 1, 1_769: 1, 2_048: 1, 3_538: 2, 10_240: 6}
    assert capacity(1_769).memory >= LIMITS.memory
