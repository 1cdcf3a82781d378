"""Every claim of speed, measured beside its rivals in one run.

``python -m benchmarks`` runs the cases of ``benchmarks.cases`` and prints a
table; ``benchmarks/README.md`` says how to read it and how to add a case.

The invariant: a figure is CPU time, each contender has an environment and a
process of its own, contenders take turns, and no answer is timed that was not
checked first.  What counts is the ratio of two contenders in the same run.
"""
