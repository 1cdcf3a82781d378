"""Programs that run, each in a package of its own: `python -m examples.demo`."""
