"""The science of the conclusions: arrays and frames in, frozen dataclasses out; no Django."""
