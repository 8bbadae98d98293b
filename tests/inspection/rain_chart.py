"""A clean chart and the same with defects: what cheats and forgeries are measured against."""

CLEAN = """\
import matplotlib.pyplot as plt
from matplotlib.text import Text
fig, ax = plt.subplots(figsize=(4, 3), layout='constrained')
ax.bar(['Rome', 'Oslo', 'Lima', 'Cairo'], [3, 5, 4, 6], label='rain')
ax.plot([0, 1, 2, 3], [4, 4, 5, 5], color='red', label='mean')
ax.set_title('Rain by city')
ax.set_ylabel('millimetres')
ax.text(0, 8, 'a wet year')
ax.set_ylim(0, 9)
ax.legend(loc='upper right')
"""
# The note runs into the title, the legend covers a bar, the ticks' names run into each other.
SLOPPY = (
    CLEAN.replace("ax.text(0, 8,", "ax.text(1, 6.4,")
    .replace("ax.set_ylim(0, 9)\n", "")
    .replace("'Rome', 'Oslo'", "'Rome on Tiber', 'Oslo in winter'")
)
