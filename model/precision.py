"""In which numbers the network predicts: float32, or bfloat16 on processors that are faster at it."""

import time
from pathlib import Path
from typing import Literal

import tensorflow as tf

Precision = Literal["float32", "bfloat16"]
WantedPrecision = Literal["auto", "float32", "bfloat16"]

CPU_FACTS = Path("/proc/cpuinfo")
CPU_FLAGS = {"avx512_bf16", "amx_bf16"}  # processors without either emulate bfloat16, slowly
WORTHWHILE = 1.25  # times as fast as float32: less is not worth a rounding to 8 bits
SHAPE, KERNEL = (8, 16, 16, 112), (3, 3, 112, 112)  # a convolution like those of the middle of the shipped network
TRIALS = 10


class PrecisionMissing(Exception):
    """The precision that was asked for is not there."""


def choose_precision(wanted: WantedPrecision, device: str) -> Precision:
    """What to predict in: bfloat16 if it is asked for, or if this processor has it and is faster with it.

    Having it is not enough: some processors have the instructions and take longer than in float32.

    Args:
        wanted: `auto`, or one of the two.
        device: as `choose_device` said.

    Raises:
        PrecisionMissing: if bfloat16 is asked for where it cannot run.
    """
    possible = device == "cpu" and bool(CPU_FLAGS & cpu_flags())
    if wanted == "bfloat16" and not possible:
        raise PrecisionMissing(
            f"Expected a CPU with {' or '.join(sorted(CPU_FLAGS))} for bfloat16; received: {device} without. "
            "Use auto or float32"
        )
    if wanted == "auto" and possible:
        return "bfloat16" if bfloat16_gain() >= WORTHWHILE else "float32"
    return "bfloat16" if wanted == "bfloat16" else "float32"


def predict_in(precision: Precision) -> None:
    """Makes the calling thread run signatures in this precision, and threads that have run none yet, too.

    TensorFlow (2.21) keeps the option by thread from a thread's first call on: hence the call here.
    """
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": precision == "bfloat16"})
    tf.function(lambda: tf.constant(0))()


def cpu_flags(facts: Path = CPU_FACTS) -> set[str]:
    """What Linux says that the first processor can do; nothing elsewhere."""
    try:
        lines = facts.read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())


def bfloat16_gain() -> float:
    """How many times as fast as in float32 a convolution is in bfloat16, here and now.

    Both take turns, and the best time of each counts: what else the machine does then slows both or neither.
    """
    tries = [(seconds(tf.float32), seconds(tf.bfloat16)) for _ in range(TRIALS)]
    return min(plain for plain, _ in tries) / min(short for _, short in tries)


def seconds(dtype: tf.DType) -> float:
    """How long a convolution takes."""
    images, kernel = tf.ones(SHAPE, dtype), tf.ones(KERNEL, dtype)
    start = time.perf_counter()
    tf.nn.conv2d(images, kernel, 1, "SAME")[0, 0, 0, 0].numpy()
    return time.perf_counter() - start
