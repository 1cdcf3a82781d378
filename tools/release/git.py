"""What the release tools ask of git."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import List, Optional

from packaging.version import Version

from tools.members import Member
from tools.release.family import META, Refused, tag_prefix
from tools.release.process import call
from tools.release.versions import parse

__all__ = (
    "changes",
    "commit_time",
    "export",
    "git",
    "has_tag",
    "last_tag",
    "tag_before",
    "versions",
)

# What the meta-package is made of.
_META_FILES = ("pyproject.toml", "README.md", "LICENSE")


def git(root: Path, *arguments: str) -> str:
    """What a git command prints, without the newline at its end.

    Raises:
        Refused: If git does not do it.
    """
    return call(["git", *arguments], root).rstrip("\n")


def commit_time(root: Path, ref: str = "HEAD") -> str:
    """When *ref* was committed, in seconds since 1970: a ``SOURCE_DATE_EPOCH``."""
    return git(root, "log", "-1", "--format=%ct", ref)


def changes(root: Path) -> List[str]:
    """The files that differ from the last commit, and those it does not know."""
    lines = git(root, "status", "--porcelain").splitlines()
    return [line[3:] for line in lines]


def has_tag(root: Path, tag: str) -> bool:
    """Whether there is a tag of that name."""
    return git(root, "tag", "--list", tag) == tag


def versions(member: Member, root: Path) -> List[Version]:
    """The versions of its releases up to this commit, by their tags, sorted."""
    return _versions(member, root, "--merged")


def last_tag(member: Member, root: Path) -> Optional[str]:
    """The tag of its last release up to this commit, if there was one."""
    return _last(member, versions(member, root))


def tag_before(member: Member, root: Path) -> Optional[str]:
    """The tag of its last release before what is in the tree.

    At a commit that is tagged, with nothing changed since, what is in the tree is
    that release, and this the one before it.
    """
    itself = [] if changes(root) else _versions(member, root, "--points-at")
    return _last(member, [v for v in versions(member, root) if v not in itself])


def _versions(member: Member, root: Path, relation: str) -> List[Version]:
    prefix = tag_prefix(member)
    tags = git(root, "tag", relation, "HEAD", "--list", f"{prefix}*").split()
    return sorted(parse(tag[len(prefix) :]) for tag in tags)


def _last(member: Member, sorted_versions: List[Version]) -> Optional[str]:
    return f"{tag_prefix(member)}{sorted_versions[-1]}" if sorted_versions else None


def export(member: Member, root: Path, ref: str, folder: Path) -> Member:
    """Write *member* as it was at *ref* below *folder*, and return it from there.

    Raises:
        Refused: If there is no such commit, or it has no such member.
    """
    paths = _META_FILES if member.name == META else (f"packages/{member.name}",)
    commit = git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    command = ["git", "archive", "--format=tar", commit, "--", *paths]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise Refused(f"{ref} has no {member.name}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        # Early releases of 3.10 and 3.11 have no filters; from 3.12 on, going
        # without is a warning.
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    return Member(member.name, folder / member.folder.relative_to(root))
