"""Predicts offline: `python -m app.cluster.batch IMAGES --out OUT`."""

import sys

from app.cluster.batch.command_line import main

if __name__ == "__main__":
    sys.exit(main())
