# forging: a function of the standard library sets the attribute
# expect: forbidden
import functools


class Fake:
    def get_rotation(self):
        return 0.0

    def draw(self, renderer):
        pass


functools.update_wrapper(Text, Fake, assigned=("draw",), updated=())
