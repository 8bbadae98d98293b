# forging: the picture of another chart in the place of the saved one
# expect: harmless
fig.savefig("chart.png")
from PIL import Image

Image.new("RGB", (400, 300), "white").save("chart.png")
