"""The command line: `python -m examples.demo [--host HOST] [--port PORT]`."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from typing import List, Optional

import uvicorn

from .app import app


def parse_arguments(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """Read the command line; the port may come from `PORT` as well."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo", description="Serve the demo program."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=os.environ.get("PORT") or "8000",
        help="port to serve on; 0 takes a free one (default: $PORT, or 8000)",
    )
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A port number, or a sentence that says what one looks like."""
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(
            f"a port must be a number from 0 to 65535, but got {text!r}"
        )
    return int(text)


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, or end the program with one clear sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} on {host} is taken: choose another with --port.")
        sys.exit(f"Cannot serve on {host}, port {port}: {error.strerror}.")


def main() -> None:
    """Serve until Ctrl-C."""
    arguments = parse_arguments()
    listener = listen(arguments.host, arguments.port)
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    print(f"The demo is at {url} (Ctrl-C ends it).", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has already shut down in good order; it passes the signal on.
        pass


if __name__ == "__main__":
    main()
