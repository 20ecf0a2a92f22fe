"""Real servers for the tests, each a lazy session fixture: nothing starts that no test asks for."""
