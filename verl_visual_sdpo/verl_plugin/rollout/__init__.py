"""A rollout engine for machines without vLLM: transformers' ``generate`` behind verl's server interface."""
