"""Which versions are loaded, and what share of the callers each answers, as two gauges."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Gauge

from app.observing.shared_metrics import GONE


class LoadedModel(NamedTuple):
    """A version of a model that is loaded."""

    name: str
    version: int
    digest: str
    device: str
    precision: str
    share: float  # of the callers whom it answers, 0 to 1


class LoadedModels:
    """`catscan_model_info` and `catscan_model_share`."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        """Begins with none; without a registry they are counted together with other workers."""
        info = Gauge(
            "catscan_model_info", "A version that is loaded", ("name", "version", "digest", "device", "precision"),
            multiprocess_mode="livemax", registry=registry,
        )  # fmt: skip
        share = Gauge(
            "catscan_model_share", "Of a model's callers, those whom a loaded version answers, 0 to 1",
            ("name", "version"), multiprocess_mode="livemax", registry=registry,
        )  # fmt: skip
        self._info, self._share = Present(info, registry is None), Present(share, registry is None)

    def set(self, loaded: Iterable[LoadedModel]) -> None:
        """Takes all that are loaded now: of no other is said that it is."""
        known = list(loaded)
        self._info.set({(each.name, each.version, each.digest, each.device, each.precision): 1 for each in known})
        self._share.set({(each.name, each.version): each.share for each in known})


class Present:
    """A gauge of what is there at the moment, by its labels: what is there no longer is not told."""

    def __init__(self, gauge: Gauge, shared: bool) -> None:
        """Makes it; `shared` with other workers or not."""
        self._gauge, self._shared = gauge, shared
        self._there: set[tuple[object, ...]] = set()

    def set(self, values: Mapping[tuple[object, ...], float]) -> None:
        for labels in self._there - values.keys():
            if self._shared:
                self._gauge.labels(*labels).set(GONE)
            else:
                self._gauge.remove(*labels)
        for labels, value in values.items():
            self._gauge.labels(*labels).set(value)
        self._there = set(values)
