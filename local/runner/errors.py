"""The error that the local runner shows to its user."""


class LocalError(Exception):
    """The local system cannot start or continue; the text says why in one sentence."""
