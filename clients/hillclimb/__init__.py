"""The command-line client of Hillclimb: pull, verify, diff."""

__version__ = "0.1.0"
