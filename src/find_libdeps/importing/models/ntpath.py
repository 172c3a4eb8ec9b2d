sep = "\\"
