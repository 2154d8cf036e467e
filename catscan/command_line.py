"""The command `catscan`: asks a catscan service from a shell."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from catscan.commands import layers, pictures, predict, receipt
from catscan.commands.failures import sentence
from catscan.commands.service_options import service_options
from catscan.connection import DEFAULT_URL
from catscan.errors import CatscanError

DESCRIPTION = f"""\
Is there a cat in these photos? And how does the network know?

  catscan predict photo.jpg photos/              what the network says of each; --json: a JSON object a line
  catscan maps photo.jpg --layer conv1 -o maps.png
  catscan explain photo.jpg --method grad-cam -o cat.png
  catscan receipt photo.jpg --layer conv1 --channel 3 --y 10 --x 12
  catscan layers

The service is at --url, else at the environment variable CATSCAN_URL, else at {DEFAULT_URL}.
If it wants a key, that is the environment variable CATSCAN_KEY.
"""
INTERRUPTED = 130  # as shells say it: 128 and SIGINT's number


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser("catscan", description=DESCRIPTION)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = whole.add_subparsers(dest="command", required=True, metavar="{predict,maps,explain,receipt,layers}")
    parent = service_options()
    for add in (predict.add_to, pictures.add_maps_to, pictures.add_explain_to, receipt.add_to, layers.add_to):
        add(commands, parent)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 1 if anything was not answered, 2 if the command is wrong."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    whole = parser()
    options = whole.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()  # here, where a closed pipe is no surprise
    except BrokenPipeError:
        return closed_pipe()
    except (CatscanError, OSError) as error:
        sys.stderr.write(f"catscan: {sentence(error)}\n")
        return 1
    except ValueError as error:
        whole.error(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def closed_pipe() -> int:
    """For `catscan … | head`: its reader has had enough (docs.python.org/3/library/signal.html#note-on-sigpipe)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
