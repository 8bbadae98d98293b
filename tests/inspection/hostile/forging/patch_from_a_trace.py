# forging: a trace function patches when the reading begins
# expect: forbidden
import sys


def trace(frame, event, argument):
    if frame.f_code.co_name == "build":
        frame.f_locals["self"].log.texts.clear()


sys.settrace(trace)
