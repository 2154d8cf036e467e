"""Everything that can be set, from environment variables named CATSCAN_…; read once, checked at the start."""

import os
import tempfile
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.access.origins import Origins
from app.cores import cores
from app.keys import Keys
from app.pinned_digests import PinnedDigests
from app.redis_address import RedisAddress, place_of, without_secrets

PREFIX = "CATSCAN_"
SECRET = "_KEYS"
NamedKeys = Annotated[Keys, NoDecode, BeforeValidator(Keys.of)]
# That one worker can keep busy: a fifth of each photo's CPU time is Python's, which runs one thread at a time.
CORES = 4


class SettingsInvalid(Exception):
    """A variable is out of its bounds; the message names it."""


def photo_store() -> Path:
    """In memory where the machine allows it: a photo then never touches a disk."""
    shared_memory = Path("/dev/shm")
    place = shared_memory if os.access(shared_memory, os.W_OK) else Path(tempfile.gettempdir())
    return place / f"catscan-{os.getuid()}" / "photos.sqlite"


def lanes_for(others: dict[str, int]) -> int:
    """One more than a worker's share of the cores: while one lane waits for the event loop, another has its core."""
    return max(1, cores() // others["workers"]) + 1


def installed(tracing: bool) -> bool:
    """As it is, but for a wish for what is not there."""
    if tracing and find_spec("opentelemetry.sdk") is None:
        missing = "Input should be false where OpenTelemetry is not installed; it comes with: pip install '.[tracing]'"
        raise PydanticCustomError("tracing_missing", missing)
    return tracing


class Settings(BaseSettings):
    """The service's settings; each field is the variable CATSCAN_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[str, Field(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one")] = 8000
    workers: Annotated[
        int, Field(ge=1, le=64, description="Processes that serve", default_factory=lambda: max(1, cores() // CORES))
    ]
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least serious line that is logged")
    ] = "info"
    access_log: Annotated[bool, Field(description="Write a JSON line for each request")] = False
    tracing: Annotated[
        bool,
        AfterValidator(installed),
        Field(description="Send a trace of each request over OTLP, to where the variables OTEL_… say"),
    ] = False

    models: Annotated[
        Path,
        Field(description="Folder of models, each a folder of versions; or of one model's versions; or one version"),
    ] = Path(__file__).resolve().parents[1] / "model" / "saved"
    model: Annotated[
        str, Field(description="The model that answers where a request names none, if there are several")
    ] = "cat"
    watch_s: Annotated[
        float,
        Field(ge=0, le=3600, description="Seconds between two looks for newer versions, which then answer; 0: never"),
    ] = 0.0
    admin_keys: Annotated[
        NamedKeys,
        Field(description="Who may change which versions answer, name:hash,…, from `python -m app.new_key NAME`"),
    ] = Keys()
    api_keys: Annotated[
        NamedKeys,
        Field(description="Who may ask, in the same form; everybody, if there are none"),
    ] = Keys()
    rate_per_key: Annotated[
        int,
        Field(ge=0, le=1_000_000, description="Photos a minute, and at once, for each of those keys; 0: any number"),
    ] = 0
    rate_per_address: Annotated[
        int, Field(ge=0, le=1_000_000, description="The same for each address, where nobody needs a key; 0: any number")
    ] = 0
    cors_origins: Annotated[
        Origins,
        NoDecode,
        BeforeValidator(Origins.of),
        Field(description="Origins of the web pages from elsewhere that may ask: https://a.example,…"),
    ] = Origins()
    digests: Annotated[
        PinnedDigests,
        NoDecode,
        BeforeValidator(PinnedDigests.of),
        Field(description="Digests of the only networks that may be loaded: digest,…"),
    ] = PinnedDigests()
    device: Annotated[Literal["auto", "cpu", "gpu"], Field(description="What runs the network")] = "auto"

    max_body_bytes: Annotated[int, Field(ge=1024, le=2**30, description="Largest request body")] = 20 * 2**20
    max_pixels: Annotated[int, Field(ge=1, le=89_000_000, description="Largest photo, width times height")] = 50_000_000

    decode_s: Annotated[float, Field(ge=0.1, le=3600, description="Seconds that decoding one photo may take")] = 10.0
    decode_bytes: Annotated[
        int, Field(ge=2**26, le=2**40, description="Memory that decoding one photo may take, beyond 100 MB")
    ] = 2**31

    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(description="Of predictions; auto takes bfloat16 where the CPU is faster at it"),
    ] = "auto"
    lanes: Annotated[
        int,
        Field(ge=1, le=256, description="Threads that decode and predict, per process", default_factory=lanes_for),
    ]
    max_batch: Annotated[int, Field(ge=1, le=1024, description="Photos predicted together at most")] = 16

    queue_photos: Annotated[
        int, Field(ge=1, le=100_000, description="Photos taken in at the same time, per process")
    ] = 256
    request_photos: Annotated[int, Field(ge=1, le=1024, description="Photos in one request at most")] = 64
    queue_bytes: Annotated[int, Field(ge=1024, le=2**40, description="Bytes that their bodies have together")] = 2**28
    max_wait_s: Annotated[
        float, Field(gt=0, le=3600, description="Seconds that a photo may have to wait before it is refused at once")
    ] = 5.0
    deadline_s: Annotated[float, Field(gt=0, le=3600, description="Seconds that an answer may take at most")] = 30.0

    store: Annotated[
        Path | RedisAddress,
        NoDecode,
        BeforeValidator(place_of),
        Field(
            description="SQLite file of the recent photos, if several processes serve; or redis://host:6379/0",
            default_factory=photo_store,
        ),
    ]
    store_wait_s: Annotated[
        float, Field(gt=0, le=60, description="Seconds that a Redis may take before it counts as away")
    ] = 0.25
    store_photos: Annotated[int, Field(ge=1, le=1_000_000, description="Recent photos kept at most")] = 500
    store_time: Annotated[
        timedelta,
        Field(ge=timedelta(seconds=1), le=timedelta(days=30), description="How long a photo is kept, h:mm:ss"),
    ] = timedelta(hours=1)

    @property
    def local_folder(self) -> Path:
        """Where the worker processes of this machine share what is theirs alone."""
        return (self.store if isinstance(self.store, Path) else photo_store()).parent

    @property
    def most_photos(self) -> int:
        """In one request: more than there are places for at a time would never be let in."""
        return min(self.request_photos, self.queue_photos)


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
            if problem["type"] == "default_factory_not_called":
                continue  # a default that hangs on a wrong setting
            name = PREFIX + "_".join(map(str, problem["loc"])).upper()
            received = repr(without_secrets(os.environ.get(name, str(problem["input"]))))
            if name.endswith(SECRET):
                received = "what is not shown"  # a key may stand where its hash should
            lines.append(f"{name}: {problem['msg']}; received: {received}")
        raise SettingsInvalid("\n".join(lines)) from error
