"""``python -m fastact``: the command line, fastact.cli."""

import sys

from fastact.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
