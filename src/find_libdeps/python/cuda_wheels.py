"""Which of NVIDIA's wheels have the libraries of CUDA, which Debian's main archive lacks.

The sonames are those of NVIDIA's own cuda-pathfinder 1.9.0 (``descriptor_catalog.py``),
for CUDA 12 and 13; those of NCCL and NVSHMEM are what their wheels have.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class _Wheel(NamedTuple):
    """A wheel for each version of CUDA."""

    name: str
    libraries: str
    """A regular expression for the stems of its libraries."""
    cuda12: str
    """The version of their sonames in the wheel for CUDA 12."""
    cuda13: str
    suffix13: str = ""
    """What the name of the wheel for CUDA 13 ends with: the toolkit's have no suffix."""


_WHEELS = (
    _Wheel("nvidia-cuda-runtime", "libcudart", "12", "13"),
    _Wheel("nvidia-nvfatbin", "libnvfatbin", "12", "13"),
    _Wheel("nvidia-nvjitlink", "libnvJitLink", "12", "13"),
    _Wheel("nvidia-cuda-nvrtc", "libnvrtc", "12", "13"),
    _Wheel("nvidia-cublas", "lib(?:cublas|cublasLt|nvblas)", "12", "13"),
    _Wheel("nvidia-cufft", "libcufftw?", "11", "12"),
    _Wheel("nvidia-curand", "libcurand", "10", "10"),
    _Wheel("nvidia-cusolver", "libcusolver(?:Mg)?", "11", "12"),
    _Wheel("nvidia-cusparse", "libcusparse", "12", "12"),
    _Wheel("nvidia-npp", "libnpp[a-z]+", "12", "13"),
    _Wheel("nvidia-nvjpeg", "libnvjpeg", "12", "13"),
    _Wheel("nvidia-cufile", "libcufile", "0", "0"),
    _Wheel("nvidia-cuda-cupti", "libcupti", "12", "13"),
    _Wheel("nvidia-cudnn", "libcudnn(?:_[a-z_]+)?", "9", "9", "-cu13"),
    _Wheel("nvidia-cusparselt", "libcusparseLt", "0", "0", "-cu13"),
    _Wheel("nvidia-cudss", "libcudss", "0", "0", "-cu13"),
    _Wheel("nvidia-nccl", "libnccl", "2", "2", "-cu13"),
    _Wheel("nvidia-nvshmem", "libnvshmem_host", "3", "3", "-cu13"),
    _Wheel("cutensor", "libcutensor(?:Mg|Mp)?", "2", "2", "-cu13"),
)


def cuda_wheels(soname: str) -> list[str]:
    """The wheels that have a library of CUDA, for the oldest CUDA first; empty for any other."""
    stem, _, version = soname.partition(".so.")
    found = []
    for wheel in _WHEELS:
        if re.fullmatch(wheel.libraries, stem):
            found += [f"{wheel.name}-cu12"] if version == wheel.cuda12 else []
            found += [f"{wheel.name}{wheel.suffix13}"] if version == wheel.cuda13 else []
    return found
