# forging: default arguments of a library function are exchanged
# expect: forbidden
Text.get_window_extent.__defaults__ = ("renderer", "dpi")
