# forging: getattr is handed on and called elsewhere
# expect: forbidden
import functools

functools.partial(getattr, plt)("sys").modules["chart_scene"].SceneBuilder._text = lambda *args, **kwargs: None
