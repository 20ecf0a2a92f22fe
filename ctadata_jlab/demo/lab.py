"""JupyterLab as a child process that ends with its parent: ``python -m ctadata_jlab.demo.lab ARGUMENT…``."""

from __future__ import annotations

import sys

from ctadata_jlab.demo.tether import end_with_parent

__all__ = ["main"]


def main() -> None:
    """Run JupyterLab with the arguments of the command line."""
    from jupyterlab.labapp import main as lab  # noqa: PLC0415  # only with the extra [demo]

    end_with_parent()
    lab(sys.argv[1:])


if __name__ == "__main__":
    main()
