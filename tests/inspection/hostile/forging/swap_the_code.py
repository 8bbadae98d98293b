# forging: the code of the drawing method is exchanged, its identity stays
# expect: forbidden
def nothing(text, renderer):
    pass


Text.draw.__wrapped__.__code__ = nothing.__code__
