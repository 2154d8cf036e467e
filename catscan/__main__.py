"""`python -m catscan` is the command `catscan`."""

import sys

from catscan.command_line import main

if __name__ == "__main__":
    sys.exit(main())
