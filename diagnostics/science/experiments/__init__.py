"""TODO-DOC diagnostics/science/experiments"""
