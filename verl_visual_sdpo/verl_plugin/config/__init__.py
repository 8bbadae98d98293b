"""Hydra configuration of the launcher: ``pkg://verl_visual_sdpo.verl_plugin.config``."""
