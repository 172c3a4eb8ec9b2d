"""One ELF file as values: what the dynamic loader reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import NamedTuple

from find_libdeps.elf.sonames import Soname

MAGIC = b"\x7fELF"
"""The first bytes of every ELF file (elf(5), EI_MAG0)."""
ABI_FLAGS = {
    "EM_ARM": 0x400,  # EF_ARM_ABI_FLOAT_HARD: set for armhf, not for armel
    "EM_MIPS": 0xF020,  # EF_MIPS_ABI, EF_MIPS_ABI2
    "EM_RISCV": 0xE,  # EF_RISCV_FLOAT_ABI, EF_RISCV_RVE
    "EM_LOONGARCH": 0x7,  # EF_LOONGARCH_ABI_MODIFIER_MASK
}
"""The bits of e_flags that must be equal in all objects of a process, by e_machine, as in
dpkg-shlibdeps (Dpkg::Shlibs::Objdump ``%elf_flags_mask``)."""


WRONG_CLASS = "wrong ELF class"
"""Why a file is unreadable whose class is neither that of 32 nor that of 64 bits."""


@dataclass(frozen=True, slots=True)
class Abi:
    """What must be equal in all objects of a process."""

    bits: int
    """32 or 64 (EI_CLASS)."""
    little_endian: bool
    """The byte order (EI_DATA)."""
    machine: str
    """e_machine in the names of elf.h: ``EM_X86_64``."""
    flags: int = 0
    """The bits of e_flags that belong to the ABI: the float ABI of ARM and RISC-V, for instance."""

    def __str__(self) -> str:
        order = "little" if self.little_endian else "big"
        flags = f" with flags {self.flags:#x}" if self.flags else ""
        return f"{self.bits}-bit {order}-endian {self.machine.removeprefix('EM_')}{flags}"


_same_abi = cache(Abi)
"""Returns the same object for equal arguments, so that comparisons are fast."""


def abi_of(bits: int, little_endian: bool, machine: str, flags: int) -> Abi:
    """The ABI by a file's header; `flags` is its whole e_flags."""
    return _same_abi(bits, little_endian, machine, flags & ABI_FLAGS.get(machine, 0))


class Tag(Enum):
    """The kind of entry in the dynamic table by which an object asks for another."""

    NEEDED = 1
    FILTER = 0x7FFFFFFF
    """Loaded as if it were needed; its symbols come before the object's own (ld(1), -F)."""
    AUXILIARY = 0x7FFFFFFD
    """The same, but its absence is no error (ld(1), -f)."""

    @property
    def must_be_met(self) -> bool:
        """Whether its absence is an error for the loader."""
        return self is not Tag.AUXILIARY


@dataclass(frozen=True, slots=True)
class Dependency:
    """One name that the dynamic table asks for."""

    soname: Soname
    tag: Tag = Tag.NEEDED


@dataclass(frozen=True, slots=True)
class DlopenNote:
    """A library that an object says it loads by dlopen(3) (UAPI.12, ELF dlopen metadata)."""

    sonames: tuple[Soname, ...]
    """Alternative names, in order of preference: one is enough."""
    priority: str = "recommended"
    """``required``, ``recommended`` or ``suggested``."""
    feature: str = ""
    description: str = ""


class Versions(NamedTuple):
    """The symbol versions of an object (LSB Core, Symbol Versioning)."""

    needed: tuple[tuple[Soname, tuple[str, ...]], ...] = ()
    """The versions it needs of each library (DT_VERNEED), such as ``GLIBC_2.38`` of ``libc.so.6``.
    Weak ones are left out: their absence is no error for the loader."""
    defined: frozenset[str] | None = None
    """The versions it has (DT_VERDEF). None if it has no table, which satisfies any need."""


@dataclass(frozen=True, slots=True)
class ElfObject:
    """One ELF file, as the loader sees it. It has no path here: one file may have many."""

    abi: Abi
    elf_type: str
    """e_type in the names of elf.h: ``ET_DYN``, ``ET_EXEC``, ``ET_REL``, ``ET_CORE``."""
    soname: Soname | None = None
    """DT_SONAME, its name once it is loaded."""
    dependencies: tuple[Dependency, ...] = ()
    """In the order of the dynamic table."""
    rpath: str | None = None
    """DT_RPATH as written."""
    runpath: str | None = None
    """DT_RUNPATH as written."""
    is_dynamic: bool = False
    """Whether it has a dynamic table; static executables and debug files don't."""
    is_pie: bool = False
    """DF_1_PIE: a position-independent executable."""
    no_default_directories: bool = False
    """DF_1_NODEFLIB: linked with ``-z nodefaultlib``."""
    interpreter: str | None = None
    """PT_INTERP, the dynamic loader that an executable asks the kernel for."""
    notes: tuple[DlopenNote, ...] = ()
    """What its ``.note.dlopen`` says, which the loader itself does not read."""

    @property
    def is_loadable(self) -> bool:
        """Whether it can be loaded at all, unlike a ``.o`` or a core dump."""
        return self.elf_type in ("ET_DYN", "ET_EXEC")

    @property
    def refusal(self) -> str | None:
        """Why it can't serve as a library, in the loader's words (dl-load.c
        ``open_verify``, ``_dl_map_object_from_fd``); None if it can.
        """
        if not self.is_loadable:
            return "only ET_DYN and ET_EXEC can be loaded"
        if self.elf_type == "ET_EXEC":
            return "cannot dynamically load executable"
        if not self.is_dynamic:
            return "object file has no dynamic section"
        if self.is_pie:
            return "cannot dynamically load position-independent executable"
        return None

    @property
    def is_musl(self) -> bool:
        """Whether it was linked against musl, whose objects can't be loaded beside glibc."""
        asks = any(d.soname.startswith("libc.musl-") for d in self.dependencies)
        return asks or "/ld-musl-" in (self.interpreter or "")


def is_executable(elf: ElfObject) -> bool:
    """Whether the kernel runs it as a program. Libraries of Qt and glibc have an interpreter, too,
    to print their version; but programs have no soname.
    """
    return elf.interpreter is not None and elf.soname is None
