# forging: the name of the module is put together while running
# expect: forbidden
system = getattr(plt, "s" + "ys")
system.modules["chart_scene"].SceneBuilder._text = lambda *args, **kwargs: None
