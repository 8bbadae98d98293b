import matplotlib.pyplot as plt

plt.pie([40, 30, 20, 10], labels=["Wind", "Solar", "Gas", "Hydro"], autopct="%d%%")
plt.title("Energy")
