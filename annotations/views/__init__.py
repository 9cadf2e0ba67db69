"""The pages of the people's side, one module per kind of object."""
