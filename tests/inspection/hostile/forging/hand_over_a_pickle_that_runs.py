# forging: the figure that is drawn elsewhere carries an object that runs code where it is loaded
# expect: harmless
class Surprise:
    def __reduce__(self):
        return exec_like, ("Text.draw = None",)


def exec_like(text):
    raise RuntimeError(text)


fig.surprise = Surprise()
ax.title.surprise = [Surprise()]
