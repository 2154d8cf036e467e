"""Tests that want a processor with bfloat16."""

import pytest

from model.precision import CPU_FLAGS, cpu_flags

wants_bfloat16 = pytest.mark.skipif(not CPU_FLAGS & cpu_flags(), reason="this processor has no bfloat16")
