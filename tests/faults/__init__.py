"""Faults at every moment: a campaign of seeded runs, servers that are killed, storage that goes away, disks that are full.

What `make test` runs are slices; ``make soak`` runs all of it (``soak_*.py``) and writes what it found to ``benchmarks/SOAK.md``.
"""
