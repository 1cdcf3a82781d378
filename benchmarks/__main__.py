"""The command: ``python -m benchmarks`` from the root of the checkout."""

from __future__ import annotations

import sys

from benchmarks.command import main

sys.exit(main(sys.argv[1:]))
