"""The tests: `rig` holds real servers, every other folder tests the package of its name."""
