"""What is behind ``starlette.templating``.

Nothing is imported here, and no module imports Jinja2 before it is needed, but
``escaping.py`` and ``functions.py``, which are imported with the first environment.
"""
