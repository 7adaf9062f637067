"""JSON logs and tracebacks without exception texts."""
