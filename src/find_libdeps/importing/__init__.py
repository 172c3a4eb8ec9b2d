"""What importing Python modules asks the dynamic loader for: an evaluator of their source."""
