# The evaluator fills it with the built-in functions.
