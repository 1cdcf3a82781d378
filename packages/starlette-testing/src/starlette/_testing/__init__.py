"""What is behind ``starlette.testclient`` and ``starlette.testing``.

Nothing is imported here: the fakes work without httpx, and the pytest plugin
is loaded in processes that never use a client.
"""
