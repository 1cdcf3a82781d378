"""The command line: ``python -m examples.auth [DATABASE] [--port PORT]``.

The user is ``ada`` with the password ``lovelace``; log in at /login.
"""

from __future__ import annotations

import secrets

from examples.auth.app import create_app
from examples.serving import command_line, serve

if __name__ == "__main__":
    parser = command_line("auth", "Serve the example; ada's password is lovelace.")
    parser.add_argument(
        "database",
        nargs="?",
        default=":memory:",
        help="file of the users; without one, they are gone with the program",
    )
    options = parser.parse_args()
    app = create_app(options.database, secrets.token_urlsafe(32), {"ada": "lovelace"})
    serve(app, options, "The login is", "/login")
