"""A job: its states, rows, ranges, stored objects and result."""
