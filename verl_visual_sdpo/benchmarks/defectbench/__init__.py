"""DefectBench: from clean real programs make faulty twins, each with one defect planted at a known statement, and
controls that change the picture without a defect; then see what is found and who is blamed.

    programs/   clean charts of all common kinds, written by a seed; sources.py reads real ones from a folder
    planters/   one file a kind of defect: how it is planted, and by which ink it is known to be there
    gauge/      the benchmark's own eye: plain matplotlib in the sandbox, artists drawn one by one
    twins.py    plants, measures, and drops what does not show; harmless.py makes clean programs and controls
    judge.py    lets the detectors and the blame speak; credit.py says what a blame is worth
    rows.py, table.py           how well they did
    sheets.py   contact sheets, so that people can see for themselves

That is the bench on charts; those on pages (web/) and slides (slide/) share with it settings.py, judgement.py (findings
and their verdicts), credit.py and statistics.py, and with each other summary.py.

Planting and detecting share no code and no thresholds: planters are written from what a person would call a defect,
and never read ``inspection.detect``.
"""
