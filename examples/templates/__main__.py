"""The command line: `python -m examples.templates [--port PORT]`."""

from __future__ import annotations

from examples.serving import command_line, serve

from .app import app

if __name__ == "__main__":
    options = command_line("templates", "Serve the guest book.").parse_args()
    serve(app, options, "The guest book is")
