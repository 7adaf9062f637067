"""What a function can do at once never takes more memory than it has."""

from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.image.capacity import DOWNLOADS, MIB, SOURCE_BYTES, capacity
from catalight.domain.image.limits import LIMITS

lambdas = st.integers(1_024, 10_240)  # MiB; what the template takes, and the most that Lambda gives


@given(lambdas)
def test_it_all_fits(megabytes: int) -> None:
    able = capacity(megabytes)
    downloads = DOWNLOADS * SOURCE_BYTES
    coding = able.coders * (able.memory + SOURCE_BYTES + 2 * LIMITS.output_bytes)
    assert downloads + coding + able.waiting <= (megabytes - 50) * MIB
    assert able.memory > 400 * MIB
    assert able.waiting >= LIMITS.output_bytes


@given(lambdas)
def test_each_vcpu_that_is_begun_has_an_image_where_there_is_memory_for_the_largest(megabytes: int) -> None:
    able = capacity(megabytes)
    assert 1 <= able.coders <= megabytes / 1_769 + 1
    assert able.coders == 1 or able.memory >= LIMITS.memory


def test_the_sizes_of_the_documentation() -> None:
    coders = {megabytes: capacity(megabytes).coders for megabytes in (1_024, 1_769, 2_048, 3_538, 10_240)}
    assert coders == {1_024: 1, 1_769: 1, 2_048: 1, 3_538: 2, 10_240: 6}
    assert capacity(1_769).memory >= LIMITS.memory
