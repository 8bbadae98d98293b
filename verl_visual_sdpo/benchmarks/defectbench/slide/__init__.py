"""DefectBench for slides: one defect planted at known statements of a clean python-pptx program, then inspected.

``decks`` writes clean programs by a seed and knows the line that writes each property, ``kinds`` are the ways to plant
and, apart from that, what must be seen of it in ``gauge``: python-pptx's own reading of the saved deck, and the PDF
that a plain LibreOffice makes of it. Nothing here imports a detector, and no number here comes from one.

Of programs of other hands (``--source``) nobody knows which line writes what. ``slots`` finds it out: a literal is
changed, the program runs again, and what differs in the deck is that literal's. ``planters`` choose the value that
spoils it, ``seen`` says whether a page shows a kind of defect, ``workshop`` puts them together.
"""
