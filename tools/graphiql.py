"""Builds the files of GraphiQL that starlette-graphql ships, and checks them.

They are in the tree, so that nothing but a release of GraphiQL needs node: to
update, change ``packages/starlette-graphql/ide/package.json``, run ``npm install``
there, and build.

usage: python -m tools.graphiql [--check | --build]

``--check`` (the default) reads only: it prints which files are not those of the
manifest, and which sources have changed since the files were built, and fails if
there are any.  ``--build`` needs node and npm, and installs what the lock names.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from tools.members import ROOT

__all__ = ("Ide", "build", "main", "problems")

_SOURCES = ("*.js", "*.jsx", "*.css", "*.mjs", "package.json", "package-lock.json")

# Packages without a licence file of their own, and one of the same repository or
# the same author that has theirs.
_LICENSED_AS = {
    "@graphiql/plugin-doc-explorer": "graphiql",
    "@graphiql/plugin-history": "graphiql",
    "react-compiler-runtime": "react",
    "react-remove-scroll-bar": "react-remove-scroll",
}

# What a package contains under terms that no file of it states.
_BESIDE = {
    "monaco-editor": "The font codicon.ttf, also known as @vscode/codicons, is by "
    "Microsoft\nCorporation, and licensed under the Creative Commons Attribution 4.0\n"
    "International license: https://creativecommons.org/licenses/by/4.0/",
}

# What makes the bundles but is not in them.
_TOOLS = ("esbuild",)


@dataclass(frozen=True)
class Ide:
    """Where the page is made, and where it is shipped.

    Attributes:
        sources: The folder with ``package.json`` and ``build.mjs``.
        built: The folder in the package.
    """

    sources: Path
    built: Path

    @classmethod
    def of(cls, root: Path) -> Ide:
        """Those of the repository at *root*."""
        member = root / "packages" / "starlette-graphql"
        return cls(member / "ide", member / "src" / "starlette" / "_graphql" / "ide")

    @property
    def manifest(self) -> Dict[str, Any]:
        """What the build has written of itself."""
        content: Dict[str, Any] = _json(self.built / "manifest.json")
        return content

    @property
    def lock(self) -> Dict[str, Any]:
        """The packages of the lock, by their folder."""
        packages: Dict[str, Any] = _json(self.sources / "package-lock.json")["packages"]
        return packages

    def digests(self) -> Dict[str, str]:
        """Digests of the sources, by name."""
        paths = sorted(p for glob in _SOURCES for p in self.sources.glob(glob))
        return {path.name: _digest(path.read_bytes()) for path in paths}


def problems(ide: Ide) -> List[str]:
    """What is wrong with the files and the lock, one line each."""
    return [*_wrong_files(ide), *_wrong_sources(ide), *_wrong_lock(ide)]


def _wrong_files(ide: Ide) -> Iterator[str]:
    manifest = ide.manifest
    expected = {"manifest.json": "", "LICENSES.txt": manifest["licenses"]}
    for entry in manifest["files"].values():
        expected[f"{entry['name']}.gz"] = entry["sha256"]
    there = {path.name for path in ide.built.iterdir()}
    for name in sorted({*there, *expected}):
        path = ide.built / name
        if name not in there:
            yield f"{path}: is missing"
        elif name not in expected:
            yield f"{path}: is not in the manifest"
        elif expected[name] and _digest(_content(path)) != expected[name]:
            yield f"{path}: is not what was built"


def _wrong_sources(ide: Ide) -> Iterator[str]:
    built, now = ide.manifest["sources"], ide.digests()
    for name in sorted({*built, *now}):
        if built.get(name) != now.get(name):
            yield f"{ide.sources / name}: has changed since the build"


def _wrong_lock(ide: Ide) -> Iterator[str]:
    path = ide.sources / "package-lock.json"
    lock = ide.lock
    for folder, package in lock.items():
        # The registry is the reader's choice: the digests say what is meant.
        if "resolved" in package:
            yield f"{path}: {folder} names a host"
        if folder and "integrity" not in package:
            yield f"{path}: {folder} has no digest"
    versions = {k: {"version": p["version"]} for k, p in lock.items() if k}
    for folder, shipped in ide.manifest["packages"].items():
        locked = versions.get(f"node_modules/{folder}", {}).get("version")
        if locked != shipped["version"]:
            yield f"{path}: has {folder} {locked}, but {shipped['version']} is shipped"
    for name, version in lock[""]["devDependencies"].items():
        if not re.fullmatch(r"[0-9.]+", version):
            yield f"{ide.sources / 'package.json'}: {name} is not pinned, but {version}"


def build(ide: Ide) -> None:
    """Make all files anew.

    Raises:
        CalledProcessError: npm or the bundler fails, and has said why.
        LookupError: A package has no licence file.
    """
    install = "npm ci --ignore-scripts --no-audit --no-fund".split()
    subprocess.run(
        [*install, "--omit-lockfile-registry-resolved"], cwd=ide.sources, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", "build.mjs", folder]
        done = subprocess.run(
            command, cwd=ide.sources, check=True, stdout=subprocess.PIPE
        )
        report = json.loads(done.stdout)
        packages = report["packages"]
        licenses = _licenses(ide, packages).encode("utf-8")
        ide.built.mkdir(exist_ok=True)
        for old in ide.built.iterdir():
            old.unlink()
        files = dict(_ship(ide, Path(folder), report["files"]))

    (ide.built / "LICENSES.txt").write_bytes(licenses)
    manifest = {
        "files": files,
        "licenses": _digest(licenses),
        "packages": {name: _known(ide, name) for name in sorted({*packages, *_TOOLS})},
        "sources": ide.digests(),
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (ide.built / "manifest.json").write_text(text, encoding="utf-8")


def _ship(
    ide: Ide, folder: Path, names: Dict[str, str]
) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for plain, name in sorted(names.items()):
        content = (folder / name).read_bytes()
        # No time and no name within: the same content is the same file.
        packed = gzip.compress(content, 9, mtime=0)
        (ide.built / f"{name}.gz").write_bytes(packed)
        digest = _digest(content)
        yield plain, {"name": name, "sha256": digest, "size": len(content)}


def _known(ide: Ide, name: str) -> Dict[str, str]:
    package = ide.lock[f"node_modules/{name}"]
    return {"version": package["version"], "license": package["license"]}


def _licenses(ide: Ide, packages: Iterable[str]) -> str:
    """The licences and notices of all packages; each text once."""
    owners: Dict[str, List[str]] = {}
    for name in packages:
        bare = name.rpartition("node_modules/")[2]
        folder = ide.sources / "node_modules" / _LICENSED_AS.get(bare, name)
        pattern = re.compile(r"licen[cs]e|notice|copying", re.IGNORECASE)
        found = sorted(p for p in folder.iterdir() if pattern.search(p.name))
        if not found:
            raise LookupError(f"{name} has no licence file")
        known = _known(ide, name)
        title = f"{name} {known['version']} ({known['license']})"
        texts = [path.read_text(encoding="utf-8").strip() for path in found]
        if name in _BESIDE:
            texts.append(_BESIDE[name])
        for text in texts:
            owners.setdefault(text, []).append(title)
    rule = "=" * 80
    return "\n".join(
        "\n".join([rule, *sorted(titles), rule, "", text, ""])
        for text, titles in owners.items()
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: Optional[Sequence[str]] = None, root: Path = ROOT) -> int:
    """Check or build; 1 if something is wrong, 2 for a wrong argument."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) not in ([], ["--check"], ["--build"]):
        print(__doc__)
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2

    ide = Ide.of(root)
    if list(arguments) == ["--build"]:
        build(ide)
    lines = problems(ide)
    print("\n".join(lines) or "the files of GraphiQL are those of their manifest")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
