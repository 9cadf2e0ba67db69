"""What a row of a run may hold: fields, values, mapping, grids, and the rules that score it."""
