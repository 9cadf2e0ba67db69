"""The science of the people's side: arrays in, frozen dataclasses out; no Django."""
