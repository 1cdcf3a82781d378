"""Serve the example: ``python -m examples.graphql [FOLDER]``, then open /graphql.

The book is kept in FOLDER; without one, it is gone with the program.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
from pathlib import Path

import uvicorn

from examples.graphql.app import create_app


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.graphql")
    parser.add_argument("folder", nargs="?", type=Path, help="where the book is kept")
    parser.add_argument(
        "--port", type=int, default=8000, help="0 takes a free one (default: 8000)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        app = create_app(arguments.folder or Path(temporary))
        listener = socket.create_server(("127.0.0.1", arguments.port))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        print(f"The guest book is at {url} (Ctrl-C ends it).", flush=True)
        config = uvicorn.Config(app, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
