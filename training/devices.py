"""One network on several devices or hosts at once, each with its part of every batch: Keras' DataParallel, on JAX."""

import os
import warnings
from pathlib import Path

import keras
import numpy as np


def spread(batch: int) -> None:
    """Lets what is compiled from now on train on all devices that JAX sees, on other hosts too if there are any.

    Every device holds all weights. The numbers are those of one device: the losses, the gradients and the batch
    normalisation are of the whole batch, wherever its parts are.

    Args:
        batch: photos a step, on all devices together.

    Raises:
        ValueError: if the batch cannot be dealt out evenly, or if several hosts are named (`hosts_named`) and Keras
            does not run on JAX, so that each would train a network of its own.
    """
    backend = keras.backend.backend()
    if backend != "jax":
        if hosts_named():
            raise ValueError(f"Expected KERAS_BACKEND=jax to train on several hosts; received: {backend}")
        if backend == "tensorflow" and (devices := keras.distribution.list_devices())[1:]:
            warnings.warn(
                f"Trains on {devices[0]} alone of {', '.join(devices)}: only KERAS_BACKEND=jax spreads", stacklevel=2
            )
        return
    if hosts_named() and not keras.distribution.distribution():  # a process may join the others only once
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    if batch % len(devices):
        raise ValueError(f"batch: expected a multiple of the {len(devices)} devices; received: {batch}")
    if len(devices) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))


def hosts_named() -> bool:
    """Whether one of the environment variables is set by which Keras finds the other hosts."""
    return any(name.startswith("KERAS_DISTRIBUTION_") for name in os.environ)


def own_rows(count: int) -> slice:
    """Which of so many rows this process has to provide; the last few that do not go round evenly, no process."""
    distribution = keras.distribution.distribution()
    if not distribution:
        return slice(0, count)
    devices = distribution.device_mesh.devices.size
    each = count // devices * devices // distribution.num_processes
    return slice(process_number() * each, (process_number() + 1) * each)


def own_folder(run: Path) -> Path:
    """Where this process keeps its files of a run: each host has all of them, for itself."""
    return run / f"host-{process_number()}" if process_number() else run


def agreed(epochs_done: int) -> int:
    """The smallest number that any process names: up to there, all can go back."""
    distribution = keras.distribution.distribution()
    if not distribution or distribution.num_processes == 1:
        return epochs_done
    from jax.experimental.multihost_utils import process_allgather

    return int(process_allgather(np.array(epochs_done)).min())


def process_number() -> int:
    """Of this process among those of all hosts, from 0."""
    if not keras.distribution.distribution():
        return 0
    import jax  # where another backend is installed it may be missing, and no distribution is set

    return jax.process_index()
