"""The conclusions: causes, priorities and the experiments that prove them."""
