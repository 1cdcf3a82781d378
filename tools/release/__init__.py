"""The commands that release a distribution; ``python -m tools`` starts them.

A command is a module of its name, with ``add_arguments(parser)`` and
``run(options, root)``.  The rest is shared: ``family`` (what can be released, and
what it needs), ``versions``, ``git`` and ``process``.
"""
