"""Run ``python -m nnbabysit``."""

from nnbabysit.cli.app import main

if __name__ == "__main__":
    main()
