"""The order in which an SQS fair queue delivers the messages of its groups.

As documented in the Amazon SQS Developer Guide, "How Amazon SQS fair queues work"
(docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html). The
thresholds there are approximate. How long ago still counts as recent is not documented; here it fades over
RECENT seconds.
"""

from collections import Counter
from collections.abc import Mapping
from math import exp

SHARE = 0.1  # of the messages in flight or of the consumers' time; a group with more is noisy
IN_FLIGHT = 30  # messages; with fewer, a group's share of them says nothing
RECENT = 60.0  # seconds


class FairOrder:
    """Knows which messages are in flight, and decides from which group the next one comes."""

    def __init__(self) -> None:
        self._flying: dict[str, tuple[str, float]] = {}  # group and time of receipt, by message
        self._spent = dict[str, float]()  # seconds of consumers by group, fading
        self._faded_at = 0.0

    def received(self, message: str, group: str, now: float) -> None:
        """Note that a message was delivered, for the first time or again."""
        self.ended(message, now)
        self._flying[message] = group, now

    def ended(self, message: str, now: float) -> None:
        """Note that a message was deleted; nothing happens if it is not in flight."""
        if message in self._flying:
            group, since = self._flying.pop(message)
            self._fade(now)
            self._spent[group] = self._spent.get(group, 0.0) + now - since

    def choose(self, oldest: Mapping[str, float], now: float) -> str:
        """Return the group to deliver from, given when the oldest waiting message of each was sent.

        Quiet groups come first, by age. Of noisy ones, that with the fewest messages in flight comes first.
        """
        flying = Counter(group for group, _ in self._flying.values())
        noisy = self._noisy(flying, now)
        quiet = [group for group in oldest if group not in noisy]
        if quiet:
            return min(quiet, key=lambda group: oldest[group])
        return min(oldest, key=lambda group: (flying[group], oldest[group]))

    def _noisy(self, flying: Mapping[str, int], now: float) -> set[str]:
        self._fade(now)
        spent = Counter(self._spent)
        for group, since in self._flying.values():
            spent[group] += now - since  # type: ignore[assignment] # a Counter adds floats as well
        time, total = sum(spent.values()), len(self._flying)
        by_time = {group for group, seconds in spent.items() if seconds > SHARE * time}
        return by_time | {
            group for group, count in flying.items() if count >= IN_FLIGHT and count > SHARE * total
        }

    def _fade(self, now: float) -> None:
        left = exp((self._faded_at - now) / RECENT)
        self._spent = {group: seconds * left for group, seconds in self._spent.items()}
        self._faded_at = now
