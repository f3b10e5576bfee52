"""Imported by the server that processes which train networks are forked from.

TensorFlow takes a process some 6 s of a core and 0.6 GB to load; those that are forked from one
that has loaded it take none of both.
"""

import contextlib
import gc

# What is missing is told by the first task of a process, which tries again.
with contextlib.suppress(Exception):
    import peu.networks.fit
    import peu.networks.inference  # noqa: F401

# Each training begins with a collection, which what is loaded here would lengthen.
gc.collect()
gc.freeze()
