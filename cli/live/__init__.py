"""What is seen while a command runs: lines in a pipe, a redrawn view in a terminal."""
