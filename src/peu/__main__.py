"""`python -m peu` is `peu`."""

from peu.cli.main import main

if __name__ == "__main__":
    main()
