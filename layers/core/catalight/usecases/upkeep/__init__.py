"""Periodic maintenance of jobs: stalled, expired and deleted ones."""
