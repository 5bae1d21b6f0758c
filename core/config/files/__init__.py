"""Config files: reading with positions, writing with comments, where each value came from."""
