"""What is known of a layer, as bytes: its entries, and the kept parts of its files.

They are a function of the layer's bytes, which its digest names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from find_libdeps.errors import TreeError
from find_libdeps.roots.kept import Kept, numbered, place_of
from find_libdeps.roots.layers import File, Folder, Layer, LowerLink, Node, new_entry
from find_libdeps.roots.paths import Kind
from find_libdeps.roots.sealed import MALFORMED, Bytes, SealError, seal, text, unseal

FORMAT = "layer-3"
"""The number grows when other parts are kept, or written in another way."""
_LENGTH = 8
_FOLDER, _FILE, _LINK = range(3)
"""What a node is: the remainder of its number; the rest is its place in the list of its kind."""
_KINDS = (Kind.FILE, Kind.LINK, Kind.OTHER)


def packed(layer: Layer) -> bytes:
    """Write the facts of a layer."""
    writer = _Writer(layer)
    document = json.dumps(writer.document, separators=(",", ":")).encode()
    plain = (len(document).to_bytes(_LENGTH, "big"), document, *writer.data)
    return seal(FORMAT, plain, writer.squeezed)


def unpacked(facts: bytes, number: int, limit: int) -> tuple[Layer, int]:
    """Read the facts of a layer.

    Args:
        facts: what `packed` has written.
        number: that of the layer in its source.
        limit: most bytes that the facts may take.

    Returns:
        The layer, and how many bytes of its files are kept, uncompressed. The layer goes on using
        the facts.

    Raises:
        SealError: they are others, damaged, or larger.
    """
    plain, squeezed = unseal(FORMAT, facts, limit)
    end = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
    try:
        reader = _Reader(json.loads(plain[_LENGTH:end]), memoryview(plain)[end:], squeezed, number)
        layer = reader.layer()
    except MALFORMED:
        raise SealError from None
    if reader.amount > limit:
        raise SealError
    return layer, reader.amount


class _Writer:
    """Numbers the nodes of a layer; folders, files and links each have a list."""

    def __init__(self, layer: Layer) -> None:
        self.data: list[bytes] = []
        """The kept parts of all files, in the order in which the document names them."""
        self.squeezed: list[Bytes] = []
        """The files that are kept compressed, in the same order."""
        self._files: list[list[Any]] = []
        self._numbers: dict[int, int] = {}
        self._links = {id(link): number for number, link in enumerate(layer.links)}
        self._pending = [layer.root]
        self.document = {
            "folders": list(self._folders()),
            "files": self._files,
            "links": [link.target for link in layer.links],
            "problems": [[e.verb, str(e.name), str(e.cause)] for e in layer.problems],
        }

    def _folders(self) -> Iterator[list[Any]]:
        for folder in self._pending:  # which grows meanwhile
            children = {name: self._number(node) for name, node in folder.children.items()}
            yield [children, sorted(folder.whiteouts or ()), folder.is_opaque]

    def _number(self, node: Node) -> int:
        match node:
            case Folder():
                self._pending.append(node)
                return (len(self._pending) - 1) * 3 + _FOLDER
            case LowerLink():
                return self._links[id(node)] * 3 + _LINK
        if id(node) not in self._numbers:
            self._numbers[id(node)] = len(self._files)
            self._files.append(self._file(node))
        return self._numbers[id(node)] * 3 + _FILE

    def _file(self, file: File) -> list[Any]:
        kind, target = _KINDS.index(file.entry.kind), file.entry.target
        if file.kept is None:
            return [kind, target]
        fields = [kind, target, file.kept.size, place_of(file.kept.number)]
        if file.kept.squeezed:
            self.squeezed.append(file.kept.squeezed)
            return [*fields, len(file.kept.squeezed)]
        self.data += (data for _, data in file.kept.parts)
        return [*fields, [[offset, len(data)] for offset, data in file.kept.parts]]


class _Reader:
    """Makes the nodes again."""

    def __init__(self, document: Any, data: memoryview, squeezed: memoryview, number: int) -> None:
        self._document = document
        self._data = _Bytes(data)
        self._squeezed = _Bytes(squeezed)
        self._number = number
        self.amount = 0
        """Bytes of files that are kept, uncompressed."""

    def layer(self) -> Layer:
        """The layer."""
        document = self._document
        links = [LowerLink(text(target)) for target in document["links"]]
        files = [self._file(*fields) for fields in document["files"]]
        folders = [Folder() for _ in document["folders"]]
        nodes: tuple[list[Any], ...] = (folders, files, links)
        for number, folder in enumerate(folders):
            children, whiteouts, is_opaque = document["folders"][number]
            for name, node in children.items():
                place, kind = divmod(node, 3)
                if kind == _FOLDER and place <= number:
                    raise SealError  # else a folder could hold itself
                folder.children[name] = nodes[kind][place]
            folder.whiteouts = set(map(text, whiteouts)) or None
            folder.is_opaque = bool(is_opaque)
        if self._data.are_left or self._squeezed.are_left:
            raise SealError
        problems = [TreeError(*map(text, fields)) for fields in document["problems"]]
        return Layer(folders[0], links, problems)

    def _file(self, kind: int, target: str, *kept: Any) -> File:
        entry = new_entry(_KINDS[kind], text(target))
        return File(entry, self._kept(*kept) if kept else None)

    def _kept(self, size: int, place: int, places: list[list[int]] | int) -> Kept:
        number = numbered(self._number, place) if place else 0
        if isinstance(places, int):
            self.amount += abs(size)
            return Kept(size, (), number, self._squeezed.next(places))
        self.amount += sum(length for _, length in places)
        parts = tuple((offset, bytes(self._data.next(length))) for offset, length in places)
        return Kept(int(size), parts, number)


class _Bytes:
    """Bytes that are taken one after the other."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    @property
    def are_left(self) -> bool:
        """Whether there are more."""
        return bool(self._data)

    def next(self, length: int) -> memoryview:
        """The next ones. Raises SealError: there are fewer."""
        data, self._data = self._data[:length], self._data[length:]
        if length < 0 or len(data) != length:
            raise SealError
        return data
