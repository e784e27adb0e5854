"""`python -m havklo.cli` is `havklo`."""

import sys

from havklo.cli import main

if __name__ == "__main__":
    sys.exit(main())
