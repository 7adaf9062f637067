"""Who calls the API: authentication, limits and API keys."""
