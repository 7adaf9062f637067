"""An image: compression options, limits, capacity and the report of what was done."""
