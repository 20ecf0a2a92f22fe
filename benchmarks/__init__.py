"""How fast we are beside curl, davix, rclone and webdav4, on the real servers of the tests' rig.

`make bench`, or ``python -m benchmarks``: prints ratios and writes them to ``RESULTS.md``. Only ratios within one run mean
anything: all contestants take turns, so that what else the machine does hits all of them.
"""
