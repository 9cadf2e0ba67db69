"""Jobs: background work, put in the queue by a page and watched by it."""
