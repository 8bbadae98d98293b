# forging: the recorder's objects are found among all objects, its log of calls is written anew
# expect: forbidden
import gc

for thing in gc.get_objects():
    if type(thing).__name__ == "PlottingCalls":
        thing.calls += [(name, ax, ()) for name in ("bar", "plot", "bar", "plot")]
    if type(thing).__name__ == "Seal":
        thing._spaces.clear()
Text.draw = lambda text, renderer: None
