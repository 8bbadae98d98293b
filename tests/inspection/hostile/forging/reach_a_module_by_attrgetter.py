# forging: getattr by another name
# expect: forbidden
import operator

operator.attrgetter("sys.modules")(plt)["chart_scene"].SceneBuilder._text = lambda *args, **kwargs: None
