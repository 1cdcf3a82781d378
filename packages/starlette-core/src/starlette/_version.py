"""The version of the core, read by the build and by ``starlette.__version__``."""

__version__ = "0.47.3"
