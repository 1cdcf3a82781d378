"""Shows what the changelog of DIST will say at its next release.

It is made by towncrier from the fragments `packages/DIST/changes/+NAME.KIND.md`;
`bump` does it for good. `--check` fails if a fragment has another name than that,
another kind than those of [tool.towncrier] in pyproject.toml, or is empty.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Iterator, List, Optional

from tools.members import Member, read_toml
from tools.release.family import META, Refused, changelog_of, named
from tools.release.git import git
from tools.release.process import call

__all__ = (
    "add_arguments",
    "draft",
    "fragments",
    "kinds",
    "problems",
    "run",
    "section",
    "write",
)

# What keeps the folder in git when it is empty.
KEEP = ".gitkeep"


def fragments(member: Member) -> List[Path]:
    """The news that are not released, sorted; none for the meta-package."""
    if member.name == META:
        return []
    found = (member.folder / "changes").glob("*")
    return sorted(path for path in found if path.name != KEEP)


def kinds(root: Path) -> List[str]:
    """The kinds of news, in the order in which a changelog has them."""
    table = read_toml(root / "pyproject.toml")["tool"]["towncrier"]
    return [str(kind["directory"]) for kind in table["type"]]


def problems(member: Member, root: Path) -> Iterator[str]:
    """What is wrong with the fragments, one line each."""
    right = kinds(root)
    for path in fragments(member):
        where = path.relative_to(root).as_posix()
        name, _, kind = path.stem.rpartition(".")
        # Without the `+` towncrier takes the name for that of an issue, and prints it.
        is_named = path.suffix == ".md" and name[:1] == "+" and name != "+"
        if not is_named or kind not in right:
            shape = f"+NAME.KIND.md, KIND one of {', '.join(right)}"
            yield f"{where}: must be named {shape}"
        elif not path.read_text(encoding="utf-8").strip():
            yield f"{where}: is empty"


def draft(member: Member, root: Path, version: str, date: Optional[str] = None) -> str:
    """What towncrier would write, without writing it.

    Raises:
        Refused: If towncrier does.
    """
    output = _towncrier(member, root, version, date, "--draft")
    # Before it stands what towncrier says about drafts.
    return output[output.index("## ") :].strip() + "\n"


def write(member: Member, root: Path, version: str, date: Optional[str] = None) -> None:
    """Write the changelog of *version*, and remove the fragments.

    Raises:
        Refused: If towncrier does.
    """
    keep = member.folder / "changes" / KEEP
    if not keep.exists():
        # Without a file of its own the folder would go with the last fragment.
        keep.touch()
        git(root, "add", "--", str(keep))
    _towncrier(member, root, version, date, "--yes")


def section(member: Member, version: str) -> str:
    """What the changelog says of *version*; empty if it does not know it."""
    text = changelog_of(member).read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n## {version} (")
    return f"## {version} (" + rest.partition("\n## ")[0].rstrip() if found else ""


def _towncrier(
    member: Member, root: Path, version: str, date: Optional[str], option: str
) -> str:
    command = [sys.executable, "-m", "towncrier", "build", option]
    command += ["--config", str(root / "pyproject.toml"), "--dir", str(member.folder)]
    command += ["--version", version, *(["--date", date] if date else [])]
    return call(command, root)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST")
    parser.add_argument("--check", action="store_true", help="only judge the names")


def run(options: argparse.Namespace, root: Path) -> int:
    """Print the draft, or what is wrong."""
    member = named(options.dist, root)
    if member.name == META:
        raise Refused(f"{META} has no news of its own: ask for those of its members")
    wrong = list(problems(member, root))
    if wrong or options.check:
        count = len(fragments(member))
        print("\n".join(wrong) or f"{member.name}: {count} fragments, all right")
        return 1 if wrong else 0
    print(draft(member, root, "unreleased"), end="")
    return 0
