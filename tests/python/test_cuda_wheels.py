"""Which wheels of NVIDIA have a library of CUDA."""

from __future__ import annotations

import pytest

from find_libdeps.python.cuda_wheels import cuda_wheels


@pytest.mark.parametrize(
    ("soname", "wheels"),
    [
        ("libcudart.so.12", ["nvidia-cuda-runtime-cu12"]),
        ("libcudart.so.13", ["nvidia-cuda-runtime"]),
        ("libcublasLt.so.12", ["nvidia-cublas-cu12"]),
        ("libcufft.so.11", ["nvidia-cufft-cu12"]),
        ("libcusparse.so.12", ["nvidia-cusparse-cu12", "nvidia-cusparse"]),
        ("libcudnn_ops.so.9", ["nvidia-cudnn-cu12", "nvidia-cudnn-cu13"]),
        ("libcudart.so.11.0", []),
        ("libcuda.so.1", []),
        ("libcudart-1a2b3c4d.so.12", []),
        ("libpq.so.5", []),
    ],
)
def test_wheel_of_a_soname(soname: str, wheels: list[str]) -> None:
    """The toolkit's wheels for CUDA 13 have no suffix; what has no version of its own is in two."""
    assert cuda_wheels(soname) == wheels
