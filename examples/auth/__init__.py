"""Logging in with a browser, and tokens for programs, over one SQLite database."""
