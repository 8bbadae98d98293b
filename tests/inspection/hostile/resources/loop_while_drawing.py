# hostile: loop for ever when the figure is drawn
# expect: timeout, forbidden
# canary: answered
import matplotlib.pyplot as plt


class Endless(plt.Line2D):
    def draw(self, renderer):
        while True:
            pass


plt.gca().add_line(Endless([0, 1], [0, 1]))
plt.savefig("chart.png")
