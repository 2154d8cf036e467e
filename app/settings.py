"""Everything that can be set, from environment variables named CATSCAN_…; read once, checked at the start."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CATSCAN_"


class SettingsInvalid(Exception):
    """A variable is out of its bounds; the message names it."""


def photo_store() -> Path:
    """In memory where the machine allows it: a photo then never touches a disk."""
    shared_memory = Path("/dev/shm")
    place = shared_memory if os.access(shared_memory, os.W_OK) else Path(tempfile.gettempdir())
    return place / f"catscan-{os.getuid()}" / "photos.sqlite"


class Settings(BaseSettings):
    """The service's settings; each field is the variable CATSCAN_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: Annotated[str, Field(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one")] = 8000
    workers: Annotated[int, Field(ge=1, le=64, description="Processes that serve")] = 1
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least serious line that is logged")
    ] = "info"

    artifact: Annotated[Path, Field(description="Folder of one version, or of versions: then the highest serves")] = (
        Path(__file__).resolve().parents[1] / "model" / "saved" / "cat"
    )
    device: Annotated[Literal["auto", "cpu", "gpu"], Field(description="What runs the network")] = "auto"

    max_body_bytes: Annotated[int, Field(ge=1024, le=2**30, description="Largest request body")] = 20 * 2**20
    max_pixels: Annotated[int, Field(ge=1, le=89_000_000, description="Largest photo, width times height")] = 50_000_000
    decoders: Annotated[int, Field(ge=1, le=256, description="Photos decoded at the same time, per process")] = 4

    store: Annotated[Path, Field(description="SQLite file of the recent photos", default_factory=photo_store)]
    store_photos: Annotated[int, Field(ge=1, le=1_000_000, description="Recent photos kept at most")] = 500
    store_time: Annotated[
        timedelta,
        Field(ge=timedelta(seconds=1), le=timedelta(days=30), description="How long a photo is kept, h:mm:ss"),
    ] = timedelta(hours=1)


def load_settings() -> Settings:
    """The settings of the environment.

    Raises:
        SettingsInvalid: naming each variable that is wrong, what was expected and what came.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = PREFIX + "_".join(map(str, problem["loc"])).upper()
            lines.append(f"{name}: {problem['msg']}; received: {os.environ.get(name, problem['input'])!r}")
        raise SettingsInvalid("\n".join(lines)) from error
