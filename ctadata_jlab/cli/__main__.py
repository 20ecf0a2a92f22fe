"""`python -m ctadata_jlab.cli`: the program where its script is not on the path."""

from __future__ import annotations

from ctadata_jlab.cli import main

if __name__ == "__main__":
    main(prog_name="ctadata-jlab")
