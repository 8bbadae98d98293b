# forging: a text says that it is blank when it is asked, and is painted all the same
# expect: harmless
class Sly(str):
    def strip(self, *args):
        return ""

    def __str__(self):
        return self

    def split(self, *args):
        return []


ax.texts[0].set_text(Sly("a wet year"))
ax.title.set_text(Sly("Rain by city"))
