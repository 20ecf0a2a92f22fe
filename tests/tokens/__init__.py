"""Tests of where tokens come from and where they may go."""
