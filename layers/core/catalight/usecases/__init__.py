"""The use cases, one per module. Adapters are passed in as the protocols of `catalight.usecases.ports`."""
