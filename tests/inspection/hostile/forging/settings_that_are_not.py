# forging: a setting whose value answers as it likes
# expect: harmless
class Size(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


plt.rcParams["font.size"] = Size(6)
