"""AeSlides: four terms of how slides look. Its own slides are HTML pages, scored by its formulas (``html``); decks of
python-pptx are scored by the terms that this project defines in their likeness (``inspection/fidelity/slide.py``) and
named so. The two are never averaged together.
"""
