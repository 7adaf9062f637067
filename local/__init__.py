"""The whole system on one machine: `make run`, `make demo` and `make local-invoke`."""
