"""The only modules that import database, queue, store, HTTP and image libraries."""
