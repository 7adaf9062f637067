"""Adapters: the only modules that import libraries for databases, queues, object stores, HTTP and images."""
