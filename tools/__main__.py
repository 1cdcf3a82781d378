"""Releases one distribution of the family.

A release, here of starlette-static. With --check the ones that write say what
they would do, or what is wrong, and write nothing:

    status                                  who has news, and who needs whom
    api starlette-static                    which part of the version must move
    bump starlette-static patch             version, pins and changelog
    git commit -a -m 'Release starlette-static 0.47.4'
    tag starlette-static --create           starlette-static-v0.47.4
    publish starlette-static --index URL    build, check, upload

What else there is:

    changelog DIST             what the next release will say
    build DIST... --out DIR    sdist and wheel, the same bytes each time
    check DIST                 what publish refuses to upload, and why
    siblings DIST --at WHERE   its tests, with the others from the tree, at the
                               floor of its metadata, or at their newest

The meta-package `starlette` has the version of starlette-core: `bump
starlette-core` moves both, and both are tagged and published. A release of
any other member moves its pin in the tree; users of the meta-package get it
with the next release of the core. `COMMAND --help` explains one command; the
rules are in docs/adr/0009-version-policy.md.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Optional, Sequence

from tools.members import ROOT
from tools.release.family import Refused

__all__ = ("main",)

COMMANDS = (
    "status",
    "api",
    "bump",
    "changelog",
    "build",
    "check",
    "tag",
    "publish",
    "siblings",
)

# These hand the options that they do not know to the program that they start.
_PASS_ON = ("publish", "siblings")


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Run one command: 0 for success, 1 if something is refused or wrong.

    Raises:
        SystemExit: With status 2, for wrong arguments.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # With or without `--` before them: hatch takes one away on its way here.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parser = _parser(arguments[0] if arguments else "")
    options, unknown = parser.parse_known_args(arguments[:end])
    options.passed_on = [*unknown, *arguments[end + 1 :]]
    if options.passed_on and options.command not in _PASS_ON:
        parser.error(f"unrecognized arguments: {' '.join(options.passed_on)}")
    try:
        return int(options.run(options, root))
    except Refused as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools",
        usage="python -m tools COMMAND ...",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=command not in COMMANDS,
    )
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        prog="python -m tools",
        help=argparse.SUPPRESS,
    )
    # Of the others only the name is needed, not their libraries.
    for name in COMMANDS:
        if name != command:
            commands.add_parser(name)
            continue
        module = importlib.import_module(f"tools.release.{name}")
        subparser = commands.add_parser(
            name,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
