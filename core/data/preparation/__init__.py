"""From raw samples to splits, statistics and tensors."""
