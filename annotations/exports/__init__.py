"""Exports: curated subsets and weights, with every verdict behind them."""
