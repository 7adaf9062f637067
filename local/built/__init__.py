"""Invokes built functions as Lambda does: in a container, or under AWS's emulator."""
