"""Makes a key for somebody: `python -m app.new_key NAME`; it is shown once, and what is kept of it tells it nobody."""

import argparse
import sys

from app.keys import Keys, hash_of, new_key
from app.settings import PREFIX


def main() -> None:
    parser = argparse.ArgumentParser("python -m app.new_key", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="whose it is: letters, digits, `.`, `_` and `-`, 64 at most")
    name, key = parser.parse_args().name, new_key()
    line = f"{name}:{hash_of(key).hex()}"
    if not holds(line, key, name):
        parser.error(f"NAME: expected letters, digits, `.`, `_` and `-`, 64 at most; received: {name!r}")
    sys.stdout.write(
        f"The key of {name}, which is shown this once (Authorization: Bearer KEY, or X-Api-Key: KEY):\n\n    {key}\n\n"
        f"What the service is to know of it (commas between several), so that {name} may ask:\n\n"
        f"    {PREFIX}API_KEYS={line}\n\n"
        f"or that {name} may change which versions answer, and ask as well:\n\n    {PREFIX}ADMIN_KEYS={line}\n"
    )


def holds(line: str, key: str, name: str) -> bool:
    try:
        return Keys.parse(line).holder(key) == name
    except ValueError:
        return False


if __name__ == "__main__":
    main()
