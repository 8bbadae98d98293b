# forging: setattr on an alias of an imported class
# expect: forbidden
bars = plt.Rectangle
setattr(bars, "get_window_extent", lambda patch, renderer=None: None)
