"""Write results: CSV and JSON Lines as the domain does, and workbooks."""
