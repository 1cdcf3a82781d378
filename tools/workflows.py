"""Keeps the workflows of ``.github/workflows`` in step with ``packages/*``.

A workflow is written by hand, but for what follows from the members: that stands
between two comments, and is made here.

    # >>> NAME
    # <<<

NAME is one of

    distributions   a list of all members
    matrix          the axes of a matrix: all members, on every Python that
                    their metadata promise
    tags            a list of the patterns of tags that release something

usage: python -m tools.workflows [--check | --write]

``--check`` (the default) prints the lines that differ, and fails if there are
any; ``--write`` puts them right.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from packaging.specifiers import SpecifierSet

from tools.members import ROOT, Member, members, read_toml

__all__ = ("main", "matrix", "pythons", "written")

Version = Tuple[int, int]

_REGION = re.compile(r"^( *)# >>> (.+)\n(?:.*\n)*?\1# <<<\n", re.MULTILINE)
_OPENING = re.compile(r"^ *# >>> ", re.MULTILINE)
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+)\.(\d+)")


def pythons(member: Member) -> List[Version]:
    """The versions of Python that *member* promises, oldest first.

    Those of its classifiers, and ``requires-python`` must allow them.

    Raises:
        ValueError: If there is none.
    """
    metadata = member.metadata
    allowed = SpecifierSet(metadata["requires-python"])
    found = [_CLASSIFIER.fullmatch(line) for line in metadata.get("classifiers", ())]
    named = [(int(match[1]), int(match[2])) for match in found if match]
    versions = [version for version in named if allowed.contains(_text(version))]
    if not versions:
        raise ValueError(f"{member.folder} promises no version of Python")
    return sorted(versions)


def matrix(family: Sequence[Member]) -> List[str]:
    """The lines of a matrix of *family*, without what a member does not promise."""
    promised = {member.name: pythons(member) for member in family}
    versions = sorted({version for each in promised.values() for version in each})
    lines = ["distribution:", *(f"  {line}" for line in distributions(family))]
    lines += ["python:", *(f'  - "{_text(version)}"' for version in versions)]
    left_out = [
        (name, version)
        for name, each in promised.items()
        for version in versions
        if version not in each
    ]
    if left_out:
        lines.append("exclude:")
    for name, version in left_out:
        lines += [f"  - distribution: {name}", f'    python: "{_text(version)}"']
    return lines


def distributions(family: Sequence[Member]) -> List[str]:
    """The lines of a list of *family*."""
    return [f"- {member.name}" for member in family]


def tags(family: Sequence[Member]) -> List[str]:
    """The lines of a list of patterns: of each member, and of the meta-package."""
    (root,) = {member.folder.parent.parent for member in family}
    meta = read_toml(root / "pyproject.toml")["project"]["name"]
    return [f'- "{name}-v*"' for name in [*(m.name for m in family), meta]]


_MAKERS: Dict[str, Callable[[Sequence[Member]], List[str]]] = {
    "distributions": distributions,
    "matrix": matrix,
    "tags": tags,
}


def written(text: str, family: Sequence[Member]) -> str:
    """*text*, a workflow, with what follows from *family* as it is.

    Raises:
        ValueError: If a region has an unknown name, or no end.
    """

    def region(found: re.Match[str]) -> str:
        indent, name = found[1], found[2]
        if name not in _MAKERS:
            raise ValueError(f"`{name}` must be one of {', '.join(sorted(_MAKERS))}")
        lines = [f"# >>> {name}", *_MAKERS[name](family), "# <<<"]
        return "".join(f"{indent}{line}\n" for line in lines)

    new, count = _REGION.subn(region, text)
    if count != len(_OPENING.findall(text)):
        raise ValueError("a region has no end `# <<<` below its beginning")
    return new


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Check or write; 1 if something differs, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) not in ([], ["--check"], ["--write"]):
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    family = members(root)
    differences: List[str] = []
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        old = path.read_text(encoding="utf-8")
        new = written(old, family)
        if list(arguments) == ["--write"]:
            path.write_text(new, encoding="utf-8")
        else:
            name = path.relative_to(root).as_posix()
            differences += _differences(name, old, new)
    if list(arguments) != ["--write"]:
        print("\n".join(differences) or "the workflows name every member")
    return 1 if differences else 0


def _differences(name: str, old: str, new: str) -> List[str]:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), name, name, "as it is", "as it must be"
    )
    return [line.rstrip() for line in lines]


def _text(version: Version) -> str:
    return "{}.{}".format(*version)


if __name__ == "__main__":
    raise SystemExit(main())
