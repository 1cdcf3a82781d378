"""The parts of ``starlette.graphql``."""
