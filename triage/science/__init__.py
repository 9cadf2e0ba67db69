"""The science of the machine's side: arrays and frames in, frozen dataclasses out; no Django."""
