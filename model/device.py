"""Which device runs the network: a GPU where there is one, or what was asked for."""

import contextlib
from contextlib import AbstractContextManager
from typing import Literal

import tensorflow as tf

Wanted = Literal["auto", "cpu", "gpu"]
ONEDNN_OUT_OF_MEMORY = "Operation received an exception:Status: 1,"  # dnnl_out_of_memory, in TensorFlow's words


class DeviceMissing(Exception):
    """The device that was asked for is not there."""


def fault_of(error: Exception) -> Literal["memory", "device"] | None:
    """What an error of a computation says about the device: too little memory just now, or that it works no longer.

    TensorFlow gives CUDA's errors as internal, unknown or aborted ones, and nothing is computed after most of them; but
    aborted is also what it gives for oneDNN's, which computes on CPUs, when that gets no memory.
    """
    if isinstance(error, tf.errors.ResourceExhaustedError | MemoryError) or ONEDNN_OUT_OF_MEMORY in str(error):
        return "memory"
    broken = tf.errors.InternalError | tf.errors.UnknownError | tf.errors.AbortedError | tf.errors.UnavailableError
    return "device" if isinstance(error, broken) else None


def by_one_thread(device: str) -> AbstractContextManager[None]:
    """Within it, what the calling thread asks of a CPU is computed by one of TensorFlow's threads, from start to end.

    Else they hand it to each other, operation by operation, and each has to wake up: with three of them twelve times a
    photo, which takes a tenth of the time of one that comes alone.

    Args:
        device: as `choose_device` said; without effect for a GPU's.
    """
    if device != "cpu":
        return contextlib.nullcontext()
    within: AbstractContextManager[None] = tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR")
    return within


def choose_device(wanted: Wanted, lanes: int = 0) -> str:
    """Sets TensorFlow up for a device; call it before anything else runs.

    GPU memory grows on demand, and TF32 is off: what is shown of the network is float32 everywhere.

    Args:
        wanted: `auto`, or one of the two.
        lanes: how many batches will be computed at the same time, each on one core of its own, which costs less than
            sharing each batch between cores; 0 leaves TensorFlow's own threads. Without effect where it runs already.

    Returns:
        What runs, in words: "cpu", or the GPU's name, such as "gpu NVIDIA H200".

    Raises:
        DeviceMissing: if a GPU is asked for and TensorFlow finds none.
    """
    if lanes:
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(lanes)
    gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
    if wanted == "gpu" and not gpus:
        built = "is" if tf.test.is_built_with_cuda() else "is not"
        raise DeviceMissing(
            f"Expected a GPU that TensorFlow can use; found none. This TensorFlow {built} built for NVIDIA GPUs; "
            "`nvidia-smi` shows whether the driver sees one"
        )
    if not gpus:
        tf.config.set_visible_devices([], "GPU")
        return "cpu"
    tf.config.set_visible_devices(gpus[0], "GPU")
    tf.config.experimental.set_memory_growth(gpus[0], True)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    return f"gpu {tf.config.experimental.get_device_details(gpus[0]).get('device_name', '')}".strip()
