"""``python -m fissura``: the command line."""

from fissura.cli import main

if __name__ == "__main__":
    main()
