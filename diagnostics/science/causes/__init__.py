"""From measured evidence to causes: what each error sample shows, rules that name it, a verdict."""
