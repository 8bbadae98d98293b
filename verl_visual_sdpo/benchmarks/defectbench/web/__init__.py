"""DefectBench for web pages: one defect planted at a known declaration or tag of a clean page, then inspected.

``pages`` writes clean pages by a seed, ``real`` takes them from a folder and ``still`` keeps them from moving;
``source`` edits a page at one place; ``kinds`` are the ways to plant, and ``seen`` what a browser of the bench's own
(``gauge``) must see of it, by ``measures`` that the kinds share; ``workshop`` makes, ``bench`` judges. Nothing here
imports a detector, and no number here comes from one.
"""
