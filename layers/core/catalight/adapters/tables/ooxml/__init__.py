"""Office Open XML workbooks (ECMA-376; .xlsx and .xlsm): sheets, texts, links and images."""
