"""Builds every DIST, checks it as `check` does, and uploads it to an index.

URL is where the index takes uploads. twine finds the user and the password in its
own places (TWINE_USERNAME, TWINE_PASSWORD, a keyring); an index on this machine
is sent a made-up pair if there is none. Other options go to `twine upload`. Nothing
is uploaded unless all are all right; --check stops before the upload.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import Dict, List, Optional, Sequence
from urllib.parse import urlsplit

from tools.release.build import build
from tools.release.check import Checker, check
from tools.release.family import Refused, named
from tools.release.process import call

__all__ = ("Exists", "add_arguments", "is_loopback", "run", "upload")


def is_loopback(url: str) -> bool:
    """Whether *url* is of this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def upload(
    paths: Sequence[Path], url: str, root: Path, options: Sequence[str] = ()
) -> None:
    """Upload files to the index at *url*.

    Raises:
        Exists: If the index has a file of that name. Others may be uploaded.
        Refused: If twine or the index does not take one for another reason.
    """
    # --verbose, because the index says only in the text of its answer why not.
    command = [sys.executable, "-m", "twine", "--no-color", "upload", "--verbose"]
    command += ["--repository-url", url, "--non-interactive", "--disable-progress-bar"]
    try:
        call([*command, *options, *map(str, paths)], root, _credentials(url))
    except Refused as error:
        # twine breaks its lines.
        said = " ".join(str(error).lower().split())
        if "already exist" in said or "httperror: 409" in said:
            names = " ".join(path.name for path in paths)
            raise Exists(f"the index has one already of: {names}") from error
        raise


class Exists(Refused):
    """An index has a file of that name, and takes no other one."""


def _credentials(url: str) -> Dict[str, Optional[str]]:
    # twine asks for some even where none are wanted.
    names = ("TWINE_USERNAME", "TWINE_PASSWORD")
    if not is_loopback(url) or any(name in os.environ for name in names):
        return {}
    return dict.fromkeys(names, "anything")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("dist", metavar="DIST", nargs="+")
    parser.add_argument("--index", metavar="URL", required=True)
    parser.add_argument(
        "--skip-existing", action="store_true", help="pass over what the index has"
    )
    parser.add_argument("--check", action="store_true", help="do not upload")


def run(options: argparse.Namespace, root: Path) -> int:
    """Build, check, upload; 1 if one is wrong."""
    wanted = [named(name, root) for name in options.dist]
    paths: List[Path] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checker = Checker(root, folder)
        for member in wanted:
            files = build(member, folder / "dist", checker.epoch)
            if not check(checker, member, files):
                return 1
            paths += [files.sdist, files.wheel]
        if options.check:
            print(f"would be uploaded to {options.index}")
            return 0
        if not options.skip_existing:
            upload(paths, options.index, root, options.passed_on)
            print("uploaded:", *(path.name for path in paths))
            return 0
        # twine's own --skip-existing is for the public index alone.
        for path in paths:
            try:
                upload([path], options.index, root, options.passed_on)
                print(f"uploaded: {path.name}")
            except Exists:
                print(f"passed over, the index has it: {path.name}")
    return 0
