"""An image: compression options, limits, capacity and report."""
