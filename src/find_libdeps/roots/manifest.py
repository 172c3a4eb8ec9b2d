"""Finds the image in an archive, or a directory: its layers and its configuration.

There are two layouts, often both in one archive: ``manifest.json`` is Docker's own, ``index.json``
that of the OCI (image specification, "Image Layout", "Image Index", "Image Manifest",
"Configuration"). The directories that skopeo writes (``dir:``) have a ``manifest.json`` of a third
kind: that of a registry.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from find_libdeps.errors import ImageError, quoted

Documents: TypeAlias = Callable[[str], bytes | None]
"""Returns the file of an archive with a name, or None if there is none."""
DOCUMENT = re.compile(r"/[^/]+\.json|/oci-layout", re.ASCII)
LAYER = re.compile(
    r"/(blobs/\w+/\w{32,}|[^/]+/layer\.tar|(sha256:)?[0-9a-f]{64}(\.tar)?(\.gz|\.zst)?)", re.ASCII
)
"""Names that engines and builders give to layers; configurations may have such names, too."""
_DIGEST = re.compile(r"/(blobs/sha256/|sha256:)?([0-9a-f]{64})(\.tar)?", re.ASCII)
"""The names among these that are digests of the file's bytes."""
MAX_JSON = 4 << 20
"""Bytes of a manifest or a configuration; registries have the same limit."""
MAX_MANIFESTS = 100
"""Manifests and indexes in one archive."""
MAX_LAYERS = 1000
"""Layers of one image; overlayfs takes some hundred."""

_DEBIAN_NAMES = {
    "386": "i386",
    "arm/v5": "armel",
    "arm": "armhf",
    "loong64": "loong64",
    "mips64le": "mips64el",
    "mipsle": "mipsel",
    "ppc64le": "ppc64el",
}
"""Debian's names of architectures that have another name in Go (GOARCH, and the variant)."""

_PLATFORM = ("os", "architecture", "variant")
"""The keys of what an image is for."""
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm"}
"""Other names of architectures than those of Go, which images have."""
_SHOWN = 20
"""How many names of images a message has."""
_TAG = "org.opencontainers.image.ref.name"
"""The annotation with the name of an image in a layout ("Pre-Defined Annotation Keys")."""


def digest_of(place: str) -> str:
    """The digest that the name of a layer's file says; empty if it says none."""
    match = _DIGEST.fullmatch(place)
    return f"sha256:{match[2]}" if match else ""


def digests_of(layers: Iterable[str]) -> tuple[str, ...]:
    """The digests that the names of an image's layers say; none if one says none."""
    digests = tuple(digest_of(f"/{name}") for name in layers)
    return digests if all(digests) else ()


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image says of the processes in it; empty if the root is no image."""

    environment: tuple[tuple[str, str], ...] = ()
    """Variables and their values."""
    architecture: str = ""
    """Debian's name of it: ``amd64``, ``armhf``."""


class Choice(NamedTuple):
    """Which of several images is meant."""

    platform: str | None = None
    """``linux/arm64``, or ``arm64``; any if None."""
    tag: str | None = None
    """Its name in the archive or the layout, or its digest; any if None."""
    before: str = ""
    """What to write before such a name to choose by it; empty if that is not possible."""


ANY = Choice()
"""There is one only, or any will do."""


def identity_of(digests: Iterable[str], config: ImageConfig) -> str:
    """What names an image by the digests of its layers and its configuration: equal images only
    have equal names.
    """
    document = [*digests], config.environment, config.architecture
    return f"layers-{hashlib.sha256(json.dumps(document).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Image:
    """An image in an archive."""

    layers: tuple[str, ...]
    """Names of files in the archive, the lowest layer first."""
    config: ImageConfig


def image_config(
    os: object, architecture: object, variant: object, environment: object, name: object
) -> ImageConfig:
    """Make an `ImageConfig` of the fields of an image's configuration.

    Raises:
        ImageError: it is no image for Linux.
    """
    if os and os != "linux":
        raise ImageError("read", name, f"it is an image for {os}")
    machine = architecture if isinstance(architecture, str) else ""
    debian = _DEBIAN_NAMES.get(f"{machine}/{variant}", _DEBIAN_NAMES.get(machine, machine))
    texts = environment if isinstance(environment, list) else []
    pairs = (text.partition("=") for text in texts if isinstance(text, str))
    return ImageConfig(tuple((key, value) for key, _, value in pairs), debian)


def find_image(
    read: Documents, name: object, has_layers: bool, choice: Choice = ANY
) -> Image | None:
    """The image in an archive, or None if the archive holds the files of a root.

    Args:
        read: returns the archive's documents.
        name: the archive's name for messages.
        has_layers: whether something in it looks like a layer.
        choice: which of several images is meant.

    Raises:
        ImageError: there are several images, or not the one that was chosen; layers without an
            image, or malformed documents.
    """
    is_image, others = has_layers or read("oci-layout") is not None, list[str]()

    def is_meant(names: Sequence[str]) -> bool:
        others.append(names[0])
        return choice.tag is None or choice.tag in names or f"{choice.tag}:latest" in names

    for document, find in (("manifest.json", _by_manifest), ("index.json", _by_index)):
        content = read(document)
        if content is None:
            continue
        try:
            found = dict(find(json.loads(content), read, is_meant))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            if is_image:
                raise ImageError("read", name, f"its {document} makes no sense") from None
            continue
        for key in _chosen(found, choice, read, name):
            return _image(*key, read, name)
    if is_image and choice.tag is not None and others:
        cause = f'it has no image "{choice.tag}", but {_some(others)}'
        raise ImageError("read", name, cause)
    if is_image:
        raise ImageError("read", name, "it holds layers, and no image")
    refuse_choice(name, choice)
    return None


def refuse_choice(name: object, choice: Choice) -> None:
    """Raises ImageError: an image was chosen, and there is a root that is no image."""
    for what in (choice.platform and "--platform", choice.tag and f'":{choice.tag}"'):
        if what:
            cause = f"it is a root and no image, so that {what} means nothing"
            raise ImageError("read", name, cause)


_Key: TypeAlias = tuple[str, tuple[str, ...]]
"""The names of an image's configuration and of its layers."""
_IsMeant: TypeAlias = Callable[[Sequence[str]], bool]
"""Tells whether an image with these names may be the chosen one."""


def _chosen(found: Mapping[_Key, str], choice: Choice, read: Documents, name: object) -> list[_Key]:
    """The only image that is meant, if there is one. Raises ImageError: there are several, or none
    for the platform.
    """
    platform = choice.platform
    if platform is None and len(found) < 2:
        return list(found)
    platforms = {key: _platform(key[0], read) for key in found}
    keys = [key for key, each in platforms.items() if platform is None or fits(each, platform)]
    there = {platforms[key] for key in keys or found}
    if found and not keys:
        raise ImageError("read", name, f'it has no image for "{platform}", but for {_some(there)}')
    if len(keys) > 1 and len(there) == len(keys):
        cause = f"it holds several images; choose one with --platform: {_some(there)}"
        raise ImageError("read", name, cause)
    if len(keys) > 1:
        names = {found[key] for key in keys}
        is_possible = choice.before and len(names) == len(keys)
        how = f"choose one, as in {quoted(choice.before + min(names))}" if is_possible else ""
        cause = f"it holds several images: {_some(names)}; {how or 'save one of them alone'}"
        raise ImageError("read", name, cause)
    return keys


def _some(names: Iterable[str]) -> str:
    """Names in order, as a list; of very many, the first."""
    listed = sorted({*names})
    return ", ".join([*listed[:_SHOWN], *(["..."] if len(listed) > _SHOWN else [])])


def _platform(config: str, read: Documents) -> str:
    """The platform of an image, by its configuration."""
    try:
        return platform_of(*map(json.loads(read(config) or b"").get, _PLATFORM))
    except (ValueError, AttributeError, RecursionError):
        return "unknown"


def platform_of(os: object, architecture: object, variant: object) -> str:
    """A platform as ``--platform`` has it: ``linux/arm/v7``."""
    return "/".join(str(part) for part in (os, architecture, variant) if part) or "unknown"


def fits(platform: str, wanted: str) -> bool:
    """Whether an image's platform is the wanted one: ``linux/arm64``, ``arm64``, ``linux/arm/v7``.

    A variant counts only if both have one.
    """
    (*there, has_variant), (*asked, variant) = _parts(platform), _parts(wanted)
    return there == asked and (not variant or not has_variant or variant == has_variant)


def _parts(platform: str) -> tuple[str, str, str]:
    """The operating system, the architecture and the variant of a platform; empty if not given."""
    words = platform.lower().split("/")
    words = [*(words if len(words) > 1 else ["linux", *words]), ""]
    os, architecture, variant = words[:3]
    return os, _ALIASES.get(architecture, architecture), variant


def _by_manifest(manifest: Any, read: Documents, is_meant: _IsMeant) -> Iterator[tuple[_Key, str]]:
    """The images that ``manifest.json`` lists, and the name of each."""
    if isinstance(manifest, dict):  # written by skopeo, with the blobs beside it
        config, *layers = map(_hex, (manifest["config"], *manifest["layers"]))
        if is_meant([config]):
            yield (config, tuple(layers)), config
        return
    for entry in manifest:
        names = [_text(name) for name in entry.get("RepoTags") or [entry["Config"]]]
        if is_meant(names):
            yield (_text(entry["Config"]), tuple(map(_text, entry["Layers"]))), names[0]


def _by_index(index: Any, read: Documents, is_meant: _IsMeant) -> Iterator[tuple[_Key, str]]:
    """The images that ``index.json`` leads to and the archive has, and the name of each: its tag,
    or its digest. What an index in the index leads to has that index's name.
    """
    pending, seen = list[tuple[Any, str]](), set[str]()
    for descriptor in index["manifests"]:
        tag = (descriptor.get("annotations") or {}).get(_TAG)
        names = [_text(name) for name in (tag, descriptor["digest"]) if name]
        if is_meant(names):
            pending.append((descriptor, names[0]))
    while pending:
        descriptor, name = pending.pop(0)
        place = _blob(descriptor)
        content = read(place)
        # one for "unknown" describes another manifest; an index may name files that are elsewhere
        is_unknown = (descriptor.get("platform") or {}).get("os") == "unknown"
        if place in seen or content is None or is_unknown:
            continue
        seen.add(place)
        if len(seen) > MAX_MANIFESTS:
            raise ValueError
        document = json.loads(content)
        if "manifests" in document:
            pending += [(below, name) for below in document["manifests"]]
        elif _is_image(document):
            yield (_blob(document["config"]), tuple(map(_blob, document["layers"]))), name


def _is_image(manifest: Any) -> bool:
    """Whether a manifest is that of an image, and not of what is said about one: how it was built
    (in-toto), who signed it.
    """
    is_image = "image" in manifest["config"].get("mediaType", "image")
    return is_image and not any(
        _text(layer.get("mediaType", "")).endswith("json") for layer in manifest["layers"]
    )


def _blob(descriptor: Any) -> str:
    """The name of the file that a descriptor describes."""
    algorithm, _, digest = _text(descriptor["digest"]).partition(":")
    return f"blobs/{algorithm}/{digest}"


def _hex(descriptor: Any) -> str:
    """The name of that file in a directory that skopeo wrote."""
    return _text(descriptor["digest"]).rpartition(":")[2]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _image(config: str, layers: Sequence[str], read: Documents, name: object) -> Image:
    content = read(config)
    if content is None:
        raise ImageError("read", name, f"its configuration {config} is not in it")
    if len(layers) > MAX_LAYERS:
        raise ImageError("read", name, f"more than {MAX_LAYERS} layers")
    try:
        document = json.loads(content)
        process = document.get("config") or {}
        os, architecture, variant = map(document.get, _PLATFORM)
        parsed = image_config(os, architecture, variant, process.get("Env"), name)
        return Image(tuple(layers), parsed)
    except (ValueError, AttributeError, RecursionError):
        raise ImageError("read", name, f"its configuration {config} makes no sense") from None
