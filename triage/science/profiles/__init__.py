"""Profiles: how the files of known tools and data sets are read, one small object each.

`registry.recognise` names the profile of a file; what a profile says is a proposal that a person
can change. A new profile is one object in the module of its family.
"""
