# forging: an artist of the library becomes one of the program's
# expect: forbidden
class Blank(Text):
    def get_text(self):
        return ""


ax.texts[0].__class__ = Blank
