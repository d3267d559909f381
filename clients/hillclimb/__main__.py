"""`python -m hillclimb`."""

from hillclimb.cli import main

if __name__ == "__main__":
    main()
