"""The section of a page that has packages: what each weighs, and who asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from find_libdeps.needs.use import Role
from find_libdeps.output.asking import STRENGTH, Asked, Askers, Directory, asked_of, strongest
from find_libdeps.output.markup import Html, element, joined
from find_libdeps.output.page import Box, bar, counted, section, tools
from find_libdeps.output.sizes import amount
from find_libdeps.output.weights import Weights
from find_libdeps.output.words import distribution_of
from find_libdeps.report.report import PackageUse

FEW = 6
"""How many of the packages that one brings are named at first."""
LISTED = "packages"
"""What the packages of the list are called: each can be linked to, ``#package-libpq5``."""
_LABELS = {
    Role.REQUIRED: "required",
    Role.DLOPEN: "loaded by name",
    Role.PROGRAM: "programs",
    Role.PLUGIN: "plugins",
    Role.MAY_LOAD: "may be loaded",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A package of the section."""

    use: PackageUse
    weight: int | None
    """In KiB; None if it is not known."""
    brings: tuple[tuple[str, int], ...]
    """What comes with it and with no other, the largest first, with sizes in KiB."""
    files: int
    """How many ask."""
    share: float
    """Of the heaviest, or of the one that most ask for."""

    @property
    def role(self) -> Role:
        return strongest(self.use.uses)


def packages_section(
    heading: str, packages: Sequence[PackageUse], weights: Weights | None, *, what: str, intro: str
) -> Iterator[Html]:
    """Packages, the heaviest first; nothing if there are none.

    Args:
        heading: its heading.
        packages: what is in it.
        weights: what they add; None if that is not known, so that the number of files that ask
            decides.
        what: what they are called.
        intro: a sentence about them.
    """
    if not packages:
        return
    rows = sorted(_rows(packages, weights), key=lambda row: (-row.share, row.use.package))
    numbers = {
        name: number
        for number, name in enumerate(
            sorted({distribution_of(use) for each in packages for use in each.uses})
        )
    }
    roles = sorted({use.role for each in packages for use in each.uses}, key=STRENGTH.index)
    boxes = [Box(role.value, _LABELS[role], role.value) for role in roles]
    told = "a package, a library, a file, a distribution"
    orders = {"share": "by weight" if weights else "by files that ask", "name": "by name"}
    if weights:
        orders["files"] = "by files that ask"
    options = [element("option", text, value=key) for key, text in orders.items()]
    sort = element("label", "sorted ", element("select", *options))
    items = [_item(row, numbers, weights, is_listed=what == LISTED) for row in rows]
    most = _most([row.weight or 0 for row in rows], weights)
    shared = _shared(packages, weights, most) if weights else ()
    tiles = _asking(packages, weights, numbers)
    yield section(
        heading,
        element("p", intro, class_="quiet"),
        tools(f"Search {what}", told, "Who asks", boxes, sort),
        element(
            "div",
            element("div", *tiles, class_="asking", role="group", aria_label="Who asks"),
            element("div", *shared, *items, class_="items card"),
            class_="sides",
        ),
        what=what,
    )


def _rows(packages: Sequence[PackageUse], weights: Weights | None) -> Iterator[_Row]:
    files = {id(each): len({use.need.requester for use in each.uses}) for each in packages}
    sizes = {id(each): weights.of(each) if weights else None for each in packages}
    values = {key: size or 0 for key, size in sizes.items()} if weights else files
    most = _most(values.values(), weights)
    for each in packages:
        brings = weights.brought_by(each) if weights else ()
        yield _Row(each, sizes[id(each)], brings, files[id(each)], values[id(each)] / most)


def _most(values: Iterable[int], weights: Weights | None) -> int:
    """What the longest bar stands for."""
    return max(*values, weights.added.shared.size if weights else 0, 1)


def _shared(packages: Sequence[PackageUse], weights: Weights, most: int) -> Iterator[Html]:
    """What several packages bring, so that none of them is to blame alone."""
    whole = weights.added.shared
    if not whole.packages:
        return
    summary = element(
        "summary",
        element("span", "shared by several", class_="name"),
        element("span", class_="kind"),
        bar(whole.size / most, "shared"),
        element("span", amount(whole.size), class_="amount"),
        element("span", class_="asked"),
    )
    told = [
        element(
            "div",
            element("h3", f"{amount(each.size)} brought by {', '.join(each.by)}"),
            _brought(each.packages),
        )
        for each in weights.shared(packages)
    ]
    yield element("details", summary, element("div", *told, class_="inside"), class_="row shared")


def _asking(
    packages: Sequence[PackageUse], weights: Weights | None, numbers: Mapping[str, int]
) -> Iterator[Html]:
    """For each distribution how much it asks for, and how much it alone."""
    asking = {id(each): {distribution_of(use) for use in each.uses} for each in packages}
    found = []
    for name, number in numbers.items():
        mine = [each for each in packages if name in asking[id(each)]]
        alone = [each for each in mine if len(asking[id(each)]) == 1]
        saved = weights.saved(packages, alone) if weights else len(alone)
        found.append((saved, len(mine), name, number, len(alone)))
    most = max((weights.added.whole.size if weights else len(packages)), 1)
    for saved, count, name, number, only in sorted(found, key=lambda each: (-each[0], each[2])):
        size = f": {amount(saved)}" if weights and only else ""
        text = element("small", f"{counted(count, 'package')}, {only:,} for it alone{size}")
        content = (name, text, bar(saved / most, "required"))
        yield element("button", *content, type="button", data_by=number)


def _item(
    row: _Row, numbers: Mapping[str, int], weights: Weights | None, *, is_listed: bool
) -> Html:
    name, role = str(row.use.package), row.role
    badge = {
        Role.PLUGIN: "plugins only",
        Role.DLOPEN: "by name",
        Role.PROGRAM: "a program",
        Role.MAY_LOAD: "may be loaded",
    }.get(role)
    shown = [element("span", badge, class_="badge")] if badge else []
    summary = element(
        "summary",
        element("span", name, class_="name"),
        element("span", *shown, class_="kind"),
        bar(row.share, role.value),
        element("span", *_size(row, weights), class_="amount"),
        element("span", counted(row.files, "file"), class_="amount asked quiet"),
    )
    inside = [*_about(row), *(_library(each, numbers) for each in asked_of(row.use))]
    return element(
        "details",
        summary,
        element("div", *inside, class_="inside"),
        class_="row item",
        id=f"package-{name}" if is_listed else None,
        data_share=f"{row.share:.6f}",
        data_files=row.files,
    )


def _size(row: _Row, weights: Weights | None) -> Iterator[str]:
    """How large a package is, if sizes are told at all."""
    if weights:
        yield "unknown" if row.weight is None else amount(row.weight)


def _about(row: _Row) -> Iterator[Html]:
    """What else is known of a package."""
    if row.weight == 0:
        yield element("p", "adds nothing, since the target has it", class_="quiet")
    if row.brings:
        yield _brought(row.brings, "brings ")
    if row.use.others:
        names = ", ".join(map(str, row.use.others))
        yield element("p", f"others that have it: {names}", class_="quiet")


def _brought(packages: Sequence[tuple[str, int]], before: str = "") -> Html:
    """Packages with their sizes, of which the first are the largest."""
    parts = [f"{name} ({amount(size)})" if size else name for name, size in packages]
    few, more = parts[:FEW], parts[FEW:]
    told = [element("p", f"{before}{', '.join(few)}{',' if more else ''}")]
    if more:
        summary = element("summary", f"and {counted(len(more), 'smaller one')}")
        told.append(element("details", summary, element("p", ", ".join(more))))
    return element("div", *told, class_="brings quiet")


def _library(asked: Asked, numbers: Mapping[str, int]) -> Html:
    places = joined([element("code", place) for place in asked.places], ", ")
    return element(
        "div",
        element("h3", element("code", asked.soname)),
        *([element("p", "found at ", places, class_="quiet way")] if asked.places else []),
        *(_askers(each, numbers) for each in asked.askers),
        class_="library",
    )


def _askers(askers: Askers, numbers: Mapping[str, int]) -> Html:
    kind = [" ", element("span", askers.kind, class_="badge")] if askers.kind else []
    count = element("span", f" {counted(askers.files, 'file')}", class_="quiet")
    attributes = {"class_": "use", "data_kind": askers.role.value}
    by = numbers[askers.distribution]
    uses = [
        element("li", *_directory(each), data_by=by, **attributes) for each in askers.directories
    ]
    name = element("p", askers.distribution, *kind, count, class_="by")
    return element("div", name, element("ul", *uses), class_="askers")


def _directory(directory: Directory) -> Iterator[Html]:
    files = joined([element("code", name) for name in directory.files], " ")
    yield element("p", element("code", f"{directory.path}/"), class_="quiet way")
    yield element("p", files, class_="files")
    yield from (element("p", line, class_="quiet way") for line in directory.way)
