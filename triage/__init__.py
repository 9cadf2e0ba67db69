"""The machine's side: predictions in, errors out, features and clusters."""
