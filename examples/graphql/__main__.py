"""The command line: ``python -m examples.graphql [FOLDER] [--port PORT]``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from examples.graphql.app import create_app
from examples.serving import command_line, serve

if __name__ == "__main__":
    parser = command_line("graphql", "Serve the guest book, with GraphiQL.")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="where the book is kept; without one, it is gone with the program",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        app = create_app(options.folder or Path(temporary))
        serve(app, options, "The guest book is", "/graphql")
