# forging: a formatter fetches an attribute by the text of a format
# expect: forbidden
import string

found, _ = string.Formatter().get_field("0.plot.__globals__", (plt,), {})
found["sys"].modules["chart_scene"].SceneBuilder._text = lambda *args, **kwargs: None
