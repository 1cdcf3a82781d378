"""What is in a wheel or an sdist, and what that must be.

Each function returns lines that say what is wrong.  The rules for several wheels
together are those of ``tools.wheels``.
"""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

from packaging.metadata import ExceptionGroup, Metadata
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from tools.members import Member
from tools.pins import version_of
from tools.release.family import META
from tools.release.versions import for_break, is_enough, moved

__all__ = (
    "came_and_went",
    "differences",
    "lost_modules",
    "metadata_of",
    "metadata_problems",
    "read",
    "unpack",
    "version_in",
)

# What a page of an index shows, and what installers and type checkers go by.
_NEEDED = (
    "summary",
    "description",
    "requires_python",
    "license_expression",
    "license_files",
    "keywords",
    "classifiers",
)


def read(wheel: Path) -> Dict[str, bytes]:
    """The files of a wheel, by their paths in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return {name: archive.read(name) for name in names}


def version_in(wheel: Path) -> Version:
    """The version that the name of a wheel says."""
    return parse_wheel_filename(wheel.name)[1]


def metadata_of(wheel: Path) -> Metadata:
    """Its core metadata.

    Raises:
        ExceptionGroup: If it breaks the specification; one error per field.
    """
    files = read(wheel)
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    return Metadata.from_email(files[name], validate=True)


def metadata_problems(member: Member, wheel: Path) -> Iterator[str]:
    """What its metadata lacks, or says and must not."""
    try:
        metadata = metadata_of(wheel)
    except ExceptionGroup as group:
        yield from (f"metadata: {error}" for error in group.exceptions)
        return
    if canonicalize_name(metadata.name) != member.name:
        yield f"metadata: the name is {metadata.name}"
    if str(metadata.version) != version_of(member):
        yield f"metadata: the version is {metadata.version}, not {version_of(member)}"
    for field in _NEEDED:
        if not getattr(metadata, field):
            yield f"metadata: {field.replace('_', '-')} is missing"
    if not (metadata.author or metadata.author_email):
        yield "metadata: author is missing"
    if metadata.description_content_type != "text/markdown":
        yield f"metadata: a description of {metadata.description_content_type}"
    for requirement in metadata.requires_dist or []:
        if requirement.url:
            yield f"metadata: {requirement} cannot be had from an index"
        pinned = any(s.operator in ("==", "===") for s in requirement.specifier)
        if pinned and member.name != META:
            yield f"metadata: {requirement} pins; only the meta-package does"


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist below *folder*, and return the project in it."""
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    return folder / sdist.name[: -len(".tar.gz")]


def differences(one: Path, other: Path) -> List[str]:
    """The files that are not the same in two wheels."""
    ours, theirs = read(one), read(other)
    names = sorted(set(ours) | set(theirs))
    return [name for name in names if ours.get(name) != theirs.get(name)]


def came_and_went(old: Path, new: Path) -> Tuple[List[str], List[str]]:
    """The files that are in the new wheel alone, and in the old one alone."""
    before, after = _shipped(old), _shipped(new)
    return sorted(after - before), sorted(before - after)


def lost_modules(old: Path, new: Path) -> Iterator[str]:
    """Public modules that went though the version says that nothing breaks."""
    part = moved(version_in(old), version_in(new))
    needed = for_break(version_in(old))
    gone = _public(_shipped(old)) - _public(_shipped(new))
    if gone and not is_enough(part, needed):
        for module in sorted(gone):
            yield f"{module} is gone since {version_in(old)}: a {needed} release"


def _shipped(wheel: Path) -> Set[str]:
    # The folder of the metadata has the version in its name.
    return {name for name in read(wheel) if not name.startswith(f"{_stem(wheel)}.")}


def _stem(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2])


def _public(files: Set[str]) -> Set[str]:
    modules = {
        name[:-3].replace("/", ".").replace(".__init__", "")
        for name in files
        if name.endswith(".py")
    }
    return {name for name in modules if "._" not in name}
