"""Moving files between storages, so that no byte is lost."""
