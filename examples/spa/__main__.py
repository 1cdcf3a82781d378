"""The command line: ``python -m examples.spa [--port PORT]``."""

from __future__ import annotations

from examples.serving import command_line, serve

from .app import app

if __name__ == "__main__":
    options = command_line("spa", "Serve the single-page application.").parse_args()
    serve(app, options, "The notes are")
