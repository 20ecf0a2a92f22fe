"""A double of dCache: WebDAV door, pools and REST frontend over one name space, with a switch for each of its traps."""
