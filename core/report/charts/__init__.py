"""Charts of a run, one per file, as plain numbers; ``page/svg.py`` and ``plots/draw.py`` draw them."""
