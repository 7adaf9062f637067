"""The one error of the local runner that is meant for people."""


class LocalError(Exception):
    """Says in one sentence why the local system cannot start or go on."""
