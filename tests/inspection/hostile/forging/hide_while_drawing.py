# forging: texts are drawn as nothing while the figure is saved, and are back afterwards
# expect: forbidden
draw = Text.draw
Text.draw = lambda text, renderer: None
fig.savefig("chart.png")
Text.draw = draw
