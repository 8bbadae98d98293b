# forging: a handler at the end of the process changes what was recorded
# expect: forbidden
import atexit


@atexit.register
def late():
    Text.get_text = lambda text: ""
