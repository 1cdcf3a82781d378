"""Compares the public interface of DIST with that of its last release.

It prints what breaks programs and what is new, which part of the version that
asks for, and which part has moved. Below 1.0 a break asks for a minor release and
all else for a patch; from 1.0 on for a major and a minor one. Any other change of
what is shipped asks for a patch. The last release is the last tag before this
commit, or --against: any commit. --check fails if the version moved less.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import List, Optional, Tuple

from tools.members import CORE, SHARED_FILES, Member, members
from tools.pins import version_of
from tools.release.family import named
from tools.release.git import export, tag_before
from tools.release.versions import for_addition, for_break, is_enough, moved, parse

__all__ = ("add_arguments", "compare", "run")


def compare(old: Member, new: Member, root: Path) -> Tuple[str, List[str]]:
    """The part of the version that must move from *old* to *new*, and why."""
    # Here, because the library that it needs takes its time to load.
    from tools.release.interface import Surface, changes, metadata_changes

    with tempfile.TemporaryDirectory() as name:
        family = members(root)
        before = Surface(old, family, Path(name) / "old")
        after = Surface(new, family, Path(name) / "new")
        found = [*changes(before, after), *metadata_changes(old, new)]
    lines = [f"breaks: {text}" for breaks, text in found if breaks]
    lines += [f"adds:   {text}" for breaks, text in found if not breaks]
    version = parse(version_of(old))
    if any(breaks for breaks, _ in found):
        return for_break(version), lines
    if found:
        return for_addition(version), lines
    return ("patch" if _shipped(old) != _shipped(new) else "none"), lines


def _shipped(member: Member) -> List[object]:
    project = {key: member.metadata[key] for key in sorted(member.metadata)}
    # That it has another version is no reason for another version.
    project.pop("version", None)
    # Nor are the copies of files that the core ships.
    others = {"starlette/_version.py"}
    others.update(SHARED_FILES if member.name != CORE else ())
    files = []
    for path in sorted(member.src.rglob("*")):
        name = path.relative_to(member.src).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and name not in others:
            files.append((name, path.read_bytes()))
    return [project, files]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    parser.add_argument("--against", metavar="REF", help="default: the last tag")
    parser.add_argument("--check", action="store_true", help="fail if it moved less")


def run(options: argparse.Namespace, root: Path) -> int:
    """Print the comparison; 1 if the version must move, and that is checked."""
    member = named(options.dist, root)
    ref: Optional[str] = options.against or tag_before(member, root)
    if ref is None:
        print(f"{member.name} has no release before this one to compare with")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        old = export(member, root, ref, Path(folder))
        needed, lines = compare(old, member, root)
        versions = version_of(old), version_of(member)
    part = moved(parse(versions[0]), parse(versions[1]))
    print("\n".join([f"{member.name} since {ref}:", *lines]))
    print(f"must move: {needed}; has moved: {part} ({' -> '.join(versions)})")
    return 1 if options.check and not is_enough(part, needed) else 0
