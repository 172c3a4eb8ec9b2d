"""The results as values: the report of a scan, the verdict, `why`, the findings of an audit."""
