"""Built functions, invoked as Lambda would: in a container or under AWS's emulator."""
