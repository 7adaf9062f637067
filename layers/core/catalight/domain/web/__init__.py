"""Hosts on the internet: public addresses, egress policy and backoff."""
