"""JPEGs as bytes (ITU-T T.81): what their segments say, and their coded data coded anew. No pixels here."""
