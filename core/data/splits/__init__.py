"""The samples of a split, in memory or streamed, batch by batch."""
