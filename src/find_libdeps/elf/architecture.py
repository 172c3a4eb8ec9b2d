"""Debian's architectures: their ABI, and where their dynamic loader looks."""

from __future__ import annotations

from typing import NamedTuple

from find_libdeps.elf.objects import Abi


class Architecture(NamedTuple):
    """One of Debian's architectures."""

    name: str
    """As dpkg calls it: ``amd64`` (dpkg-architecture(1))."""
    triplet: str
    """The multiarch triplet: ``x86_64-linux-gnu`` (Debian Policy 9.1.1)."""
    loader: str
    """The path of its dynamic loader, which is in every executable (PT_INTERP)."""
    platform: str = ""
    """What ``$PLATFORM`` stands for (ld.so(8)): AT_PLATFORM on the architecture's oldest CPU."""
    hwcaps: tuple[str, ...] = ()
    """Subdirectories of ``glibc-hwcaps``, best first. All are taken as supported: a result must not
    depend on the CPU of the machine."""
    features: tuple[str, ...] = ()
    """Subdirectories that glibc searched before release 2.37, the weightiest first: the platform,
    and features of the CPU (HWCAP_IMPORTANT in dl-procinfo.h). All are taken as supported, too."""

    @property
    def is_known(self) -> bool:
        """Whether it is one of the architectures in this file."""
        return self in _ARCHITECTURES.values()

    @property
    def default_directories(self) -> tuple[str, ...]:
        """The directories built into Debian's loader, in order (``ld.so --help``).

        ``/lib64`` and ``/usr/local/lib`` are not among them.
        """
        return (f"/lib/{self.triplet}", f"/usr/lib/{self.triplet}", "/lib", "/usr/lib")

    @property
    def lib(self) -> str:
        """What ``$LIB`` stands for on Debian."""
        return f"lib/{self.triplet}"


_ARCHITECTURES = {
    Abi(64, True, "EM_X86_64"): Architecture(
        "amd64",
        "x86_64-linux-gnu",
        "/lib64/ld-linux-x86-64.so.2",
        "x86_64",
        ("x86-64-v4", "x86-64-v3", "x86-64-v2"),
        ("haswell", "avx512_1", "x86_64"),
    ),
    Abi(32, True, "EM_X86_64"): Architecture(
        "x32", "x86_64-linux-gnux32", "/libx32/ld-linux-x32.so.2", "x86_64"
    ),
    Abi(32, True, "EM_386"): Architecture(
        "i386", "i386-linux-gnu", "/lib/ld-linux.so.2", "i686", features=("i686", "sse2")
    ),
    Abi(64, True, "EM_AARCH64"): Architecture(
        "arm64",
        "aarch64-linux-gnu",
        "/lib/ld-linux-aarch64.so.1",
        "aarch64",
        features=("aarch64", "atomics"),
    ),
    Abi(32, True, "EM_ARM", 0x400): Architecture(
        "armhf",
        "arm-linux-gnueabihf",
        "/lib/ld-linux-armhf.so.3",
        "v7l",
        features=("v7l", "neon", "vfp"),
    ),
    Abi(32, True, "EM_ARM"): Architecture(
        "armel", "arm-linux-gnueabi", "/lib/ld-linux.so.3", "v5l"
    ),
    Abi(64, True, "EM_PPC64"): Architecture(
        "ppc64el", "powerpc64le-linux-gnu", "/lib64/ld64.so.2", "power8", ("power10", "power9")
    ),
    Abi(64, False, "EM_S390"): Architecture(
        "s390x", "s390x-linux-gnu", "/lib/ld64.so.1", "z10", ("z16", "z15", "z14", "z13")
    ),
    Abi(64, True, "EM_RISCV", 0x4): Architecture(
        "riscv64", "riscv64-linux-gnu", "/lib/ld-linux-riscv64-lp64d.so.1"
    ),
    Abi(64, True, "EM_LOONGARCH", 0x3): Architecture(
        "loong64", "loongarch64-linux-gnu", "/lib64/ld-linux-loongarch-lp64d.so.1"
    ),
    Abi(64, True, "EM_MIPS"): Architecture("mips64el", "mips64el-linux-gnuabi64", "/lib64/ld.so.1"),
    Abi(32, True, "EM_MIPS", 0x1000): Architecture("mipsel", "mipsel-linux-gnu", "/lib/ld.so.1"),
}


def architecture_of(abi: Abi) -> Architecture:
    """Debian's architecture with this ABI; for another ABI, one without directories of its own."""
    return _ARCHITECTURES.get(abi, Architecture("unknown", "unknown", "/nonexistent"))


def abi_name(abi: Abi) -> str:
    """Debian's name for the architecture, or the ABI in words if Debian has none."""
    architecture = architecture_of(abi)
    return architecture.name if architecture.is_known else str(abi)


def architecture_called(name: str) -> Architecture | None:
    """The architecture of this name, or None."""
    return next((a for a in _ARCHITECTURES.values() if a.name == name), None)


def abi_called(name: str) -> Abi | None:
    """The ABI of the architecture of this name, or None."""
    return next((abi for abi, a in _ARCHITECTURES.items() if a.name == name), None)
