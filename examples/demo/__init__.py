"""A tour of the toolkit: one page that links to one small example of each part.

Read `app.py` first.  It names every URL and the function behind it:

* `basics.py`: typed path parameters, JSON, redirects, errors;
* `bodies.py`: what a browser sends in forms and uploads;
* `streams.py`: answers longer than one message: a stream, a file, a WebSocket;
* `notes.py`: work that goes on after the answer, and the state it is kept in;
* `pages.py`: how all of them are turned into HTML.

Run it with `python -m examples.demo`.
"""
