"""Rucio as a source, and desktop-rucio's web API, against a real Rucio server over the rig's doors."""
