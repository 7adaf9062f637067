"""Deliver webhooks, redeliver them, and derive their signing secrets."""
