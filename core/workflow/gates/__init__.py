"""The gates: data, sanity, overfit-tiny, search, train, and babysit, which runs them."""
