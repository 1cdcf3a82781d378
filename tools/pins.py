"""Keeps the meta-package in step with ``packages/*``.

The root ``pyproject.toml`` has the version of the core, pins every member with
``==`` its version, and names each as a member of the workspace, so that it is
never looked for on an index.  It offers the members' extras under the same names,
all but those of starlette-testing, which are for writing programs and not for
running them; ``full`` takes them together.

usage: python -m tools.pins [--check | --write]

``--check`` (the default) prints the lines that differ and fails if there are
any; ``--write`` puts them right.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from tools.members import CORE, ROOT, Member, members, read_toml

__all__ = ("extras", "main", "version_of", "written")

_DEPENDENCIES = re.compile(r"^dependencies = \[\n(.*?)^\]\n", re.MULTILINE | re.DOTALL)
_SOURCES = re.compile(r"^\[tool\.uv\.sources\]\n(?:.+\n)*", re.MULTILINE)
_EXTRAS = re.compile(r"^\[project\.optional-dependencies\]\n(?:.+\n)*", re.MULTILINE)
_STATIC = re.compile(r'^version = "[^"]*"$', re.MULTILINE)
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def version_of(member: Member) -> str:
    """The version of *member*: static, or from the file that hatchling reads."""
    version = member.metadata.get("version")
    if version is None:
        config = read_toml(member.folder / "pyproject.toml")
        path = member.folder / config["tool"]["hatch"]["version"]["path"]
        found = _VERSION.search(path.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f'{path} has no line `__version__ = "..."`')
        version = found[1]
    return str(version)


def written(text: str, family: Sequence[Member]) -> str:
    """*text*, a root ``pyproject.toml``, with the members as they are.

    What the meta-package needs besides its members stays, and stays first.

    Raises:
        ValueError: If *text* has no version, no list of dependencies or no
            sources, or a folder is not called as its distribution.
    """
    for member in family:
        if member.metadata["name"] != member.name:
            raise ValueError(f"{member.folder} holds {member.metadata['name']}")
    pins = [f'    "{member.name}=={version_of(member)}",\n' for member in family]
    sources = [f"{member.name} = {{ workspace = true }}\n" for member in family]

    block = _DEPENDENCIES.search(text)
    tables = (_STATIC, _SOURCES, _EXTRAS)
    if block is None or not all(table.search(text) for table in tables):
        raise ValueError("the version, or what names the members, is missing")
    others = [line for line in block[1].splitlines(True) if "==" not in line]
    dependencies = f"dependencies = [\n{''.join(others + pins)}]\n"
    text = text[: block.start()] + dependencies + text[block.end() :]
    core = next(member for member in family if member.name == CORE)
    text = _STATIC.sub(f'version = "{version_of(core)}"', text, count=1)
    text = _EXTRAS.sub("[project.optional-dependencies]\n" + extras(family), text)
    return _SOURCES.sub("[tool.uv.sources]\n" + "".join(sources), text)


def extras(family: Sequence[Member]) -> str:
    """The lines of the meta-package's extras, sorted, ``full`` last."""
    offered: Dict[str, List[str]] = {}
    names = [member.name for member in family]
    for member in family:
        for extra, wanted in member.metadata.get("optional-dependencies", {}).items():
            # `starlette-core[static]` names a member; all of them are pinned.
            is_member = len(wanted) == 1 and wanted[0] in names
            if member.name != "starlette-testing" and not is_member:
                offered.setdefault(extra, []).append(f'"{member.name}[{extra}]"')
    lines = [f"{name} = [{', '.join(offered[name])}]\n" for name in sorted(offered)]
    if offered:
        lines.append(f'full = ["starlette[{",".join(sorted(offered))}]"]\n')
    return "".join(lines)


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Check or write; 1 if something differs, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) not in ([], ["--check"], ["--write"]):
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    path = root / "pyproject.toml"
    old = path.read_text(encoding="utf-8")
    new = written(old, members(root))
    if list(arguments) == ["--write"]:
        path.write_text(new, encoding="utf-8")
        return 0
    lines = _differences(old, new)
    print(
        "\n".join(lines)
        or "the meta-package has the version of the core, and pins every member"
    )
    return 1 if lines else 0


def _differences(old: str, new: str) -> List[str]:
    have, want = old.splitlines(), new.splitlines()
    lines = [f"missing: {line.strip()}" for line in want if line not in have]
    lines += [f"stale:   {line.strip()}" for line in have if line not in want]
    return lines or (["the order of the lines differs"] if old != new else [])


if __name__ == "__main__":
    raise SystemExit(main())
