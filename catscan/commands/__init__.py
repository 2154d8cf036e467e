"""What the command `catscan` can do, a file a command."""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # where each command adds itself
