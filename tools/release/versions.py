"""Versions, and which part of one must move for what.

A version is three numbers, MAJOR.MINOR.PATCH.  While the major one is 0, the
minor one may break programs and the patch may not; from 1 on that is semantic
versioning (docs/adr/0009-version-policy.md).
"""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from tools.release.family import Refused

__all__ = (
    "PARTS",
    "bumped",
    "for_addition",
    "for_break",
    "is_enough",
    "moved",
    "parse",
)

# From nothing to everything; the index is the weight.
PARTS = ("none", "patch", "minor", "major")


def parse(text: str) -> Version:
    """The version that *text* says.

    Raises:
        Refused: If it is none, or has not three numbers.
    """
    try:
        version = Version(text)
    except InvalidVersion as error:
        raise Refused(f"{text!r} is no version") from error
    if len(version.release) != 3:
        raise Refused(f"a version has three numbers, but got {text!r}")
    return version


def bumped(text: str, part: str) -> str:
    """The version after *text* when *part* of it moves; *text* if ``none`` does.

    Raises:
        Refused: If *text* is not three numbers.
    """
    version = parse(text)
    if part == "none":
        return text
    if part == "major":
        return f"{version.major + 1}.0.0"
    if part == "minor":
        return f"{version.major}.{version.minor + 1}.0"
    return f"{version.major}.{version.minor}.{version.micro + 1}"


def moved(old: Version, new: Version) -> str:
    """The weightiest part that moved from *old* to *new*; ``none`` if not up."""
    if new <= old:
        return "none"
    if new.major != old.major:
        return "major"
    return "minor" if new.minor != old.minor else "patch"


def for_break(old: Version) -> str:
    """The part that must move for a change that breaks programs."""
    return "major" if old.major else "minor"


def for_addition(old: Version) -> str:
    """The part that must move for something new that breaks nothing."""
    return "minor" if old.major else "patch"


def is_enough(part: str, needed: str) -> bool:
    """Whether moving *part* says at least what moving *needed* would."""
    return PARTS.index(part) >= PARTS.index(needed)
