"""Answers whose headers carry a token: they are kept out of all logs."""

from __future__ import annotations

import logging

__all__ = ["keep_headers_out_of_logs"]


def keep_headers_out_of_logs() -> None:
    """Let no log tell the headers of answers, whatever its level."""
    for name in ("httpcore.http11", "httpcore.http2"):
        logger = logging.getLogger(name)
        if _has_no_headers not in logger.filters:
            logger.addFilter(_has_no_headers)


def _has_no_headers(record: logging.LogRecord) -> bool:
    return "response_headers" not in record.getMessage()
