"""The domain: catalogues, jobs, rows and images. It uses only the standard library and does no I/O."""
