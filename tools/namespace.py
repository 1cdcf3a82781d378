"""Keeps the copies of the core's namespace files identical.

The core ships ``starlette/__init__.py``, ``starlette/py.typed`` and
``starlette/middleware/__init__.py`` for all members.  Every other member has
copies in its source tree, so that editable installs import and type-check in
any order of ``sys.path``; its wheel leaves them out.  A member without
middleware needs no copy of the third.

usage: python -m tools.namespace [--check | --write]

``--check`` (the default) prints the copies that are missing or differ, and
the wheels that would ship one, and fails if there are any; ``--write`` makes
the copies.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from tools.members import CORE, ROOT, SHARED_FILES, Member, members, read_toml

__all__ = ("main", "problems")


def problems(family: Sequence[Member]) -> List[str]:
    """What is wrong with the copies, one line each."""
    lines = []
    for original, copy in _copies(family):
        if not copy.is_file():
            lines.append(f"{copy}: is missing")
        elif copy.read_bytes() != original.read_bytes():
            lines.append(f"{copy}: differs from {original}")
    for member in family:
        if member.name != CORE:
            left_out = _left_out(member)
            lines += [
                f"{member.folder / 'pyproject.toml'}: the wheel does not exclude {path}"
                for path in (f"src/{name}" for name in SHARED_FILES)
                if path not in left_out
            ]
    return lines


def _copies(family: Sequence[Member]) -> Iterator[Tuple[Path, Path]]:
    core = next(member for member in family if member.name == CORE)
    for member in family:
        if member.name == CORE:
            continue
        for name in SHARED_FILES:
            copy = member.src / name
            if copy.parent.is_dir() or copy.parent == member.src / "starlette":
                yield core.src / name, copy


def _left_out(member: Member) -> List[str]:
    config = read_toml(member.folder / "pyproject.toml")
    build = config.get("tool", {}).get("hatch", {}).get("build", {})
    return list(build.get("targets", {}).get("wheel", {}).get("exclude", []))


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Check or write; 1 if something differs, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) not in ([], ["--check"], ["--write"]):
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    family = members(root)
    if list(arguments) == ["--write"]:
        for original, copy in _copies(family):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(original.read_bytes())
    lines = problems(family)
    print("\n".join(lines) or "the namespace files are identical, in one wheel only")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
