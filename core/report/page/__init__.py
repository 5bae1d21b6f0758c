"""The page of a run, as HTML."""
