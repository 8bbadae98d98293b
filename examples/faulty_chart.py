"""A chart as a model might write it: it runs, and nobody has looked.

Try:  visual-sdpo inspect examples/faulty_chart.py
"""

import matplotlib.pyplot as plt

regions = ["North America", "South America", "Western Europe", "Eastern Europe", "South Asia"]
fig, ax = plt.subplots(figsize=(4.6, 3.2))
ax.bar(regions, [3, 5, 2, 4, 6], color="navy", label="revenue")
ax.set_title("Revenue by region and quarter, in thousands of euros", fontsize=17)
ax.set_ylabel("k EUR", color="gainsboro")
ax.text(2.6, 2.4, "after the merger", color="black")
ax.legend(loc="lower left")
plt.show()
