"""Design2Code (arXiv 2403.03163): a page is written from its screenshot; block-match, text, position, colour and CLIP.

``data`` reads the tasks, ``clip`` holds the one term that needs an encoder, ``evaluate`` scores answers one by one,
``table`` and ``page`` show them.
"""
