"""Checks and commands of the monorepo; each runs as ``python -m tools.NAME``."""
