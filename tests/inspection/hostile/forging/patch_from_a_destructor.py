# forging: an object patches the library when it is destroyed
# expect: forbidden
class Late:
    def __del__(self):
        Text.get_text = lambda text: ""


fig.late = Late()
