"""ChartMimic, Direct Mimic (arXiv 2406.09961): write the program of a chart from its picture; how alike are the two?

data -> questions, answers (of a model) -> programs -> evaluate (sandbox, scores, judge) -> table, page
"""
