"""What must be set for rerunning to give the same bytes on every x86 machine with AVX2. Import it before torch.

NumPy needs nothing: its AVX2 and AVX-512 kernels gave the same bytes (its SSE kernels, for older machines, did not).
"""

import os

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import warnings  # noqa: E402

import torch  # noqa: E402


def settle() -> None:
    """One thread, and no warnings (kl_div warns that its mean will change)."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
