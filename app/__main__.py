"""Serves: `python -m app`, set by the environment variables that `--help` lists."""

import argparse
import logging
import signal
import sys
from typing import Any

import uvicorn

from app.main import create_app
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings


def help_text() -> str:
    rows = [
        f"  {PREFIX + name.upper():24}{field.description} [{field.get_default(call_default_factory=True)}]"
        for name, field in Settings.model_fields.items()
    ]
    return "Set by environment variables:\n\n" + "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser("python -m app", description=__doc__, epilog=help_text())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args()
    try:
        settings = load_settings()
    except SettingsInvalid as error:
        sys.exit(f"catscan: {error}")
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    common: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_level": settings.log_level,
        "server_header": False,
    }
    if settings.workers > 1:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        uvicorn.run("app.main:create_app", factory=True, workers=settings.workers, **common)
        return
    app = create_app(settings)
    # uvicorn sends itself the signal again once it has stopped: stopping when asked is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1 if app.state.failed else 0))
    uvicorn.run(app, **common)


if __name__ == "__main__":
    main()
