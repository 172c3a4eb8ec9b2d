# open
sep = "\\"
