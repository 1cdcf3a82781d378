"""Which folders are served, and whether they are there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple, Union

__all__ = ("PathLike", "check_folder", "find_folders")

if TYPE_CHECKING:
    PathLike = Union[str, os.PathLike[str]]
else:
    PathLike = Union[str, os.PathLike]


def find_folders(
    directory: Optional[PathLike],
    packages: Optional[Sequence[Union[str, Tuple[str, str]]]],
) -> List[PathLike]:
    """Return *directory*, and the folder of each of *packages*.

    Raises:
        AssertionError: If a package, or the folder in it, is not there.
        ModuleNotFoundError: If the package around a package is not there.
    """
    folders: List[PathLike] = [] if directory is None else [directory]
    for given in packages or ():
        package, name = (given, "statics") if isinstance(given, str) else given
        folders.append(_package_folder(package, name))
    return folders


def _package_folder(package: str, name: str) -> str:
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise AssertionError(f"Package {package!r} could not be found.")
    folder = os.path.join(os.path.dirname(spec.origin), name)
    folder = os.path.normpath(folder)
    if not os.path.isdir(folder):
        raise AssertionError(
            f"Directory '{name!r}' in package {package!r} could not be found."
        )
    return folder


def check_folder(directory: PathLike) -> None:
    """See that *directory* is a folder.

    Raises:
        RuntimeError: If it is not there, or is something else.
    """
    if os.path.isdir(directory):
        return
    if os.path.exists(directory):
        raise RuntimeError(f"StaticFiles path '{directory}' is not a directory.")
    raise RuntimeError(f"StaticFiles directory '{directory}' does not exist.")
