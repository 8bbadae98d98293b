# forging: the globals of a library function lead to the recorder
# expect: forbidden
plt.plot.__globals__["sys"].modules["chart_record"].merge = lambda records: {}
