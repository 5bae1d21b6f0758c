"""The Python API: the steps of the command line, for a network and data that a program holds."""
