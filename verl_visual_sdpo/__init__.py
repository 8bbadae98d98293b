"""Visual-SDPO for verl: render, inspect, trace, and learn from what the program drew (arXiv 2606.10334)."""

__version__ = "0.1.0"
