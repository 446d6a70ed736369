"""`python -m mailtriage` is the command `mailtriage`."""

from mailtriage.cli import main

if __name__ == "__main__":
    main()
