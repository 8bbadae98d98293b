import matplotlib.pyplot as plt

months = list("JFMAMJJASOND")
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
left.barh(range(4), [-10, -8, -6, -3])
left.barh(range(4), [9, 8, 7, 4])
left.set_xticks([-10, -5, 0, 5, 10], ["10", "5", "0", "5", "10"])
right.plot(range(12), [3, 4, 6, 9, 13, 16, 18, 18, 15, 10, 6, 4])
right.set_xticks(range(12), months)
