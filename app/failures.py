"""What can fail beneath the service, the device or the store; these stand in the tree of `app.errors`."""

from collections.abc import Mapping

from app.errors import ServiceError


class EngineExhausted(ServiceError):
    status, code, title = 503, "engine_exhausted", "The device has too little memory at the moment"
    headers: Mapping[str, str] = {"Retry-After": "2"}


class DeviceFailed(ServiceError):
    status, code, title = 503, "device_failed", "What computes the network works no longer"


class StoreAway(ServiceError):
    status, code, title = 503, "store_away", "The store of recent photos is away"
    headers: Mapping[str, str] = {"Retry-After": "2"}

    def __init__(self, received: str) -> None:
        """The store did not answer, but gave what was `received`."""
        hint = "Ask again in a few seconds, or use POST /feature-maps, which needs no store"
        super().__init__(f"Expected the store of recent photos to answer; received: {received}. {hint}")


class ReplicaLost(ServiceError):
    status, code, title = 503, "replica_lost", "What was answering this request works no longer"
    headers: Mapping[str, str] = {"Retry-After": "2"}

    def __init__(self) -> None:
        """One of many replicas, as `app.cluster` has them."""
        super().__init__("Expected one of the replicas to answer; received: the end of each that was asked. Ask again")
