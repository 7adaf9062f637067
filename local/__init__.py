"""Runs template.yaml whole on one machine: `python -m local.run`."""
