"""A single-page application, built by Vite, and the data it asks for.

``python -m examples.spa`` serves it.  The page's source is in ``source/``, and what
``npm install && npm run build`` makes of it in ``site/``.
"""
