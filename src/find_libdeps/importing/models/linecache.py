# linecache: modules that make source put it there.
cache = {}
