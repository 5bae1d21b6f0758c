"""Everything that computes; never prints, never exits."""
