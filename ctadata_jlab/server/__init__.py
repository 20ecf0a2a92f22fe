"""The Jupyter server extension: REST and events over a session. The only place that knows tornado."""
