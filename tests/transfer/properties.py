"""What the property tests draw from: names, trees of files, and settings that suit a slow machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["calm", "names", "trees"]


def calm(examples: int) -> settings:
    """Return settings without a clock: a loaded machine is no finding."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )


names: SearchStrategy[str] = st.one_of(
    st.sampled_from(["a", "b", "A", "a.h5", "b.h5", "é", "e\u0301", "..a", ".x", " ", "%41", "a?#", "~", "ſ", "-"]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
        lambda name: name not in {".", ".."}
    ),
)
"""Names that a file may have, among them those that look like something else."""


@st.composite
def trees(draw: st.DrawFn, *, longest: int = 12) -> dict[str, bytes | None]:
    """Draw a tree: paths to bytes, or to None for a folder; no path is both a file and a folder."""
    found: dict[str, bytes | None] = {}
    for parts in draw(st.lists(st.lists(names, min_size=1, max_size=4), max_size=longest)):
        path = "/" + "/".join(parts)
        above = {"/" + "/".join(parts[:n]) for n in range(1, len(parts))}
        if any(found.get(one) is not None for one in above) or any(
            other == path or other.startswith(path + "/") for other in found
        ):
            continue
        found[path] = draw(st.one_of(st.none(), st.binary(max_size=20)))
    return found
