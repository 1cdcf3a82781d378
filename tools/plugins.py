"""Keeps what the members register, and what the core knows of it, in step.

A member registers its public names as entry points of ``starlette.plugins`` in
its ``pyproject.toml``.  Made from that are

* ``starlette/_typed_<member>.py`` in each member: its names, for type checkers;
* ``starlette/_typed.py`` in the core, which gathers these;
* ``starlette/_family.py`` in the core: which module is in which member, for the
  messages that say what to install.

usage: python -m tools.plugins [--check | --write]

``--check`` (the default) prints the names that do not exist, that two members
claim, the public modules of which nothing is registered, and the files that
differ from what ``--write`` would make of them; it fails if there are any.  A
module that has no name to register is listed by its member::

    [tool.starlette]
    without-names = ["starlette.status"]
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from tools.members import CORE, ROOT, Member, members, read_toml

__all__ = ("GROUP", "main", "problems", "public_names", "registered")

GROUP = "starlette.plugins"


def registered(member: Member) -> Dict[str, str]:
    """The names that *member* registers, and where they live; sorted by name."""
    names: Dict[str, str] = member.metadata.get("entry-points", {}).get(GROUP, {})
    return dict(sorted(names.items()))


def problems(family: Sequence[Member]) -> List[str]:
    """What is wrong with what is registered and with what is made of it."""
    lines: List[str] = []
    owners: Dict[str, str] = {}
    for member in family:
        for name in registered(member):
            if name in owners:
                lines.append(f"{member.name}: {name} is registered by {owners[name]}")
            owners[name] = member.name
        lines += [f"{member.name}: {line}" for line in _of_member(member)]
    for path, text in _made(family):
        if not path.is_file():
            lines.append(f"{path}: is missing")
        elif path.read_text(encoding="utf-8") != text:
            lines.append(f"{path}: is not up to date")
    return lines


def _of_member(member: Member) -> Iterator[str]:
    names = registered(member)
    public = {module: public_names(path) for module, path in _modules(member)}
    for name, value in names.items():
        module, _, attribute = value.partition(":")
        if module not in public:
            yield f"{name} = {value!r}: there is no public module {module}"
        elif attribute not in public[module]:
            yield f"{name} = {value!r}: {module} has no such public name"
        elif name != attribute:
            yield f"{name} = {value!r}: the names differ"
    used = {value.partition(":")[0] for value in names.values()}
    for module in sorted(public):
        if module in used and module in _without(member):
            yield f"{module} is listed as one without names, and has some"
        elif module not in used and module not in _without(member):
            yield f"{module} has no name that is registered"


def _without(member: Member) -> List[str]:
    tool = read_toml(member.folder / "pyproject.toml").get("tool", {})
    modules: List[str] = tool.get("starlette", {}).get("without-names", [])
    return modules


def _modules(member: Member) -> Iterator[Tuple[str, Path]]:
    """The public modules of *member*; not ``starlette`` itself."""
    for path in member.sources():
        parts = path.relative_to(member.src).with_suffix("").parts[1:]
        name = ".".join(["starlette", *(part for part in parts if part != "__init__")])
        if name != "starlette" and "._" not in name:
            yield name, path


def public_names(path: Path) -> List[str]:
    """What ``__all__`` of a file lists, or else what it imports as itself.

    Read, not imported: the libraries that it may need need not be there.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: List[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
            listed: Sequence[str] = ast.literal_eval(node.value)
            return list(listed)
        if isinstance(node, ast.ImportFrom):
            names += [alias.name for alias in node.names if alias.name == alias.asname]
    return names


def _made(family: Sequence[Member]) -> Iterator[Tuple[Path, str]]:
    core = next(member for member in family if member.name == CORE)
    yield core.src / "starlette" / "_family.py", _family(family)
    yield core.src / "starlette" / "_typed.py", _gathered(family)
    for member in family:
        yield member.src / "starlette" / f"{_typed(member)}.py", _listed(member)


def _typed(member: Member) -> str:
    return "_typed_" + member.name.partition("-")[2].replace("-", "_")


def _family(family: Sequence[Member]) -> str:
    modules = {
        module: member.name for member in family for module, _ in _modules(member)
    }
    names = {
        name: value.partition(":")[0]
        for member in family
        for name, value in registered(member).items()
    }
    return (
        '"""Which member of the family has which module, and which public name.\n\n'
        "Made by ``python -m tools.plugins --write``.\n"
        '"""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import Dict\n\n"
        '__all__ = ("MODULES", "NAMES")\n\n'
        f"{_mapping('MODULES', modules)}\n{_mapping('NAMES', names)}"
    )


def _mapping(title: str, items: Dict[str, str]) -> str:
    lines = "".join(f'    "{key}": "{items[key]}",\n' for key in sorted(items))
    return f"{title}: Dict[str, str] = {{\n{lines}}}\n"


def _gathered(family: Sequence[Member]) -> str:
    lines = "".join(
        f"    from starlette.{_typed(member)} import *  # noqa: F403\n"
        for member in sorted(family, key=_typed)
    )
    return (
        '"""The names on ``starlette`` for type checkers, of all members.\n\n'
        "By ``*``, because one that is not installed adds nothing that way; a name\n"
        "imported from it would be a name of unknown type.  Made by\n"
        "``python -m tools.plugins --write``.\n"
        '"""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING\n\n"
        f"if TYPE_CHECKING:\n{lines}"
    )


def _listed(member: Member) -> str:
    by_module: Dict[str, List[str]] = {}
    for name, value in registered(member).items():
        by_module.setdefault(value.partition(":")[0], []).append(name)
    lines = "".join(
        _import(module, name)
        for module in sorted(by_module)
        for name in by_module[module]
    )
    return (
        f'"""What {member.name} adds to ``starlette``, for type checkers.\n\n'
        "Made by ``python -m tools.plugins --write``.\n"
        '"""\n\n'
        "# isort: skip_file\n\n"
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING\n\n"
        f"if TYPE_CHECKING:\n{lines or '    pass' + chr(10)}"
    )


def _import(module: str, name: str) -> str:
    line = f"    from {module} import {name} as {name}\n"
    if len(line) <= 89:  # as the formatter counts, and the end of the line
        return line
    return f"    from {module} import (\n        {name} as {name},\n    )\n"


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Check or write; 1 if something is wrong, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) not in ([], ["--check"], ["--write"]):
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    family = members(root)
    if list(arguments) == ["--write"]:
        for path, text in _made(family):
            path.write_text(text, encoding="utf-8")
    lines = problems(family)
    print("\n".join(lines) or "every member registers what it adds, and it exists")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
