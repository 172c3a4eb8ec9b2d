"""The image to copy from, built and used as its first lines say."""

from __future__ import annotations

import pytest

import engine
from one_file import checkout_with_pyz
from project import FIXTURES
from small_elf import small_elf

TOOL = "find-libdeps-test/tool:latest"
BUILDER = "find-libdeps-test/tool:builder"
FILE = (FIXTURES / "images/tool.Dockerfile").read_text()
COPIES = "\n".join(
    line.removeprefix("#").strip().replace("--from=find-libdeps ", f"--from={TOOL} ")
    for line in FILE.splitlines()
    if line.startswith("#     COPY")
)


@pytest.fixture(scope="module")
def builder(images: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with a virtualenv, and with what the first lines copy into it."""
    checkout = tmp_path_factory.mktemp("tool") / "checkout"
    checkout_with_pyz(checkout)
    engine.build(FILE, TOOL, context=checkout)
    context = tmp_path_factory.mktemp("builder")
    (context / "_psycopg.so").write_bytes(small_elf(needs=("libpq.so.5",)))
    dockerfile = f"""
    FROM python:3.13-slim
    RUN python3 -m venv --without-pip /venv
    COPY _psycopg.so /venv/lib/python3.13/site-packages/
    {COPIES}
    """
    engine.build(dockerfile, BUILDER, context=context)
    return BUILDER


def test_builder_without_pip_has_the_command(builder: str) -> None:
    """The package comes from the index inside the file; nothing but Python is there to run it."""
    assert engine.output(builder, "find-libdeps", "/venv") == "libpq5\n"


def test_scripts_run(builder: str) -> None:
    """What the target gets from the same image."""
    assert "apt-install" in engine.output(builder, "apt-install", "-h")
