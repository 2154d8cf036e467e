"""How many processor cores this process may use."""

import os
from math import ceil
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "200000 100000": microseconds of every so many (cgroup v2), or "max …"


def cores(quota_file: Path = CGROUP_QUOTA) -> int:
    """Those that the process may be scheduled on, but no more than its container's quota amounts to."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = quota_file.read_text().split()
        return max(1, min(allowed, ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or no quota
        return allowed
