"""The catalogues are where JupyterLab looks for those of an extension."""

from __future__ import annotations

import pytest

translation_utils = pytest.importorskip("jupyterlab_server.translation_utils")


@pytest.mark.parametrize(("locale", "word"), [("fr_FR", "Actualiser"), ("de_DE", "Aktualisieren")])
def test_found(locale: str, word: str) -> None:
    """JupyterLab finds them by the entry point of the installed package, and they can be read."""
    found, problem = translation_utils.get_installed_packages_locale(locale)
    assert not problem.strip()
    assert found["ctadata_jlab"]["Refresh"] == [word]
