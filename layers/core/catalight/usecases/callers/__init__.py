"""The callers of the API: authentication, limits and API keys."""
