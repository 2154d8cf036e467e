"""Serves: `python -m app`, set by the environment variables that `--help` lists."""

import argparse
import signal
import sys
from typing import Any

import uvicorn

from app.connections import Connection, allow_files
from app.main import WORKER_FAILED, create_app
from app.observing import access_log
from app.observing.shared_metrics import counting_together
from app.registry.registry import check_readable
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings
from app.worker import supervise_workers
from model.errors import ArtifactError

HEALTHCHECK_S = 120  # uvicorn would kill a worker after 5 s without an answer: importing TensorFlow can take longer


def help_text() -> str:
    rows, defaults = [], dict[str, Any]()
    for name, field in Settings.model_fields.items():
        defaults[name] = field.get_default(call_default_factory=True, validated_data=defaults)
        rows.append(f"  {PREFIX + name.upper():26}{field.description} [{defaults[name]}]")
    return "Set by environment variables:\n\n" + "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser("python -m app", description=__doc__, epilog=help_text())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args()
    try:
        settings = load_settings()
        check_readable(settings)
    except (SettingsInvalid, ArtifactError) as error:
        sys.exit(f"catscan: {error}")
    options: dict[str, Any] = {
        "host": settings.host, "port": settings.port, "server_header": False,
        "log_level": settings.log_level, "log_config": log_config(settings.log_level), "access_log": False,
        "http": Connection, "ws": "none",
    }  # fmt: skip
    allow_files()
    sys.exit(serve_here(settings, options) if settings.workers == 1 else serve_in_workers(settings, options))


def log_config(level: str) -> dict[str, Any]:
    """Uvicorn's own, which it sets up in each process, with our lines in the same form; the access log is JSON only."""
    theirs = uvicorn.config.LOGGING_CONFIG
    ours = {
        "catscan": {"handlers": ["default"], "level": level.upper(), "propagate": False},
        access_log.LOGGER: {"handlers": ["line"], "level": "INFO", "propagate": False},
    }
    line = {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}
    return theirs | {
        "formatters": theirs["formatters"] | {"line": {"format": "%(message)s"}},
        "handlers": theirs["handlers"] | {"line": line},
        "loggers": theirs["loggers"] | ours,
    }


def serve_here(settings: Settings, options: dict[str, Any]) -> int:
    """Serves in this process until it is told to stop; returns the exit code."""
    app = create_app(settings)
    # uvicorn sends itself the signal again once it has stopped: stopping when asked is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(app, **options)
    return 1 if app.state.failed else 0


def serve_in_workers(settings: Settings, options: dict[str, Any]) -> int:
    """Serves in several processes, each started anew if it dies, but not if it cannot serve at all."""
    failed = []

    def stop(*_: object) -> None:
        failed.append(True)
        signal.raise_signal(signal.SIGTERM)

    signal.signal(WORKER_FAILED, stop)
    options |= {"factory": True, "workers": settings.workers, "timeout_worker_healthcheck": HEALTHCHECK_S}
    supervise_workers()
    with counting_together(settings.local_folder):
        uvicorn.run("app.main:create_app", **options)
    return 1 if failed else 0


if __name__ == "__main__":
    main()
