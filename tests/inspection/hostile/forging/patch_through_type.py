# forging: the class is reached through one of its instances
# expect: forbidden
kind = type(ax.title)
kind.get_text = lambda text: ""
