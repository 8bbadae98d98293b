# forging: timeit runs a text that no screen has read
# expect: forbidden
import timeit

timeit.timeit("from matplotlib.text import Text; Text.get_text = lambda text: ''", number=1)
