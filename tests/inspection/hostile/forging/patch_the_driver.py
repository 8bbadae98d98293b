# forging: the driver's own modules are found through a module that pyplot imports
# expect: forbidden
plt.sys.modules["chart_scene"].SceneBuilder.build = lambda builder, figure: []
plt.sys.modules["chart_record"].facts = lambda figure, elements, calls: {}
