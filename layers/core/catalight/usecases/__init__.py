"""One verb a module; the adapters are passed in as the protocols of `catalight.usecases.ports`."""
