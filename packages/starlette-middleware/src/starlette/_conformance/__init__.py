"""The checks of ``starlette.middleware.conformance``."""
