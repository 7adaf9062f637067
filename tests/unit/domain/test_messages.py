import pytest

from catalight.domain.errors import MessageError
from catalight.domain.messages import (
    DeliverWebhook,
    FinishJob,
    Message,
    ProcessRange,
    WriteExport,
    decode,
    encode,
)


@pytest.mark.parametrize(
    "message",
    [ProcessRange("j", 1, 7), FinishJob("j", 2), DeliverWebhook("j", 3), WriteExport("j", 4, "zip")],
)
def test_a_message_survives_the_queue(message: Message) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"kind": "nonsense"}',
        '{"kind": "finish_job"}',
        '{"kind": "finish_job", "x": 1}',
        '{"kind": []}',
    ],
)
def test_anything_else_is_a_message_error(text: str) -> None:
    with pytest.raises(MessageError):
        decode(text)
