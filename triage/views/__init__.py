"""The pages of the machine's side, one module per kind of object."""
