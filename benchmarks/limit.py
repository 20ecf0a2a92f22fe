"""What Python and libcurl can do at most with many small files: one thread, GET and write, nothing asked, checked or waited for.

``python -m benchmarks.limit AUTHORITY HEADER LIST``; *HEADER* is a file with the token's header, *LIST* as curl's ``--config`` reads it.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pycurl

_AT_ONCE = 8


def main(authority: str, header: str, listed: str) -> float:
    """Fetch all; return the seconds."""
    signed = Path(header).read_text(encoding="utf-8").strip()
    pairs = re.findall(r'url = "(.+)"\noutput = "(.+)"\n', Path(listed).read_text(encoding="utf-8"))
    began = time.perf_counter()
    left, multi, out = iter(pairs), pycurl.CurlMulti(), dict[pycurl.Curl, tuple[str, list[bytes]]]()

    def begin(easy: pycurl.Curl) -> None:
        url, target = next(left, ("", ""))
        if url:
            out[easy] = target, []
            easy.setopt(pycurl.URL, url)
            easy.setopt(pycurl.WRITEFUNCTION, out[easy][1].append)
            multi.add_handle(easy)

    for _ in range(_AT_ONCE):
        one = pycurl.Curl()
        for option, value in ((pycurl.CAINFO, authority), (pycurl.HTTPHEADER, [signed]), (pycurl.BUFFERSIZE, 1 << 19)):
            one.setopt(option, value)
        begin(one)
    while out:
        multi.perform()
        _, good, bad = multi.info_read()
        if bad:
            raise RuntimeError(bad[0][2])
        for easy in good:
            target, pieces = out.pop(easy)
            if easy.getinfo(pycurl.RESPONSE_CODE) != 200:
                raise RuntimeError(f"{target}: {easy.getinfo(pycurl.RESPONSE_CODE)}")
            Path(target).write_bytes(b"".join(pieces))
            multi.remove_handle(easy)
            begin(easy)
        if not good:
            multi.select(1.0)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
