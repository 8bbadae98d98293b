"""The words and colours of the toy charts. Few enough for a tiny model to copy, of lengths that make layout matter."""

from __future__ import annotations

QUANTITIES = (
    "Sales", "Income", "Rainfall", "Exports", "Visitors", "Harvest", "Traffic", "Output", "Energy", "Deliveries",
    "Revenue", "Attendance", "Production", "Consumption",
)  # fmt: skip
GROUPS = ("region", "city", "season", "branch", "district", "department", "provider", "product")
ADJECTIVES = (
    "average", "annual", "monthly", "total", "household", "industrial", "international", "seasonal", "estimated",
    "northern", "coastal", "agricultural",
)  # fmt: skip
SHORT_LABELS = ("Oslo", "Rome", "Lima", "Cairo", "Bern", "Tea", "Rice", "Wheat", "Oats", "Corn", "Steel", "Wood")
LONG_LABELS = (
    "Copenhagen", "Montevideo", "Ljubljana", "Casablanca", "Strawberries", "Blueberries", "Buckwheat", "Sunflowers",
    "Electronics", "Furniture", "Stationery", "Groceries",
)  # fmt: skip
SERIES = ("Plan", "Actual", "Budget", "Forecast", "Model", "Measured", "North", "South")
UNITS = ("Tonnes", "Litres", "Million euros", "Thousands", "Index points", "Percent", "Hours", "Kilowatts")
AXES = ("Week", "Month", "Distance", "Temperature", "Age", "Duration")
MARKS = ("Best", "Record", "Outlier", "Highest reading", "Exceptional day", "New maximum")

DARK_COLORS = ("navy", "darkgreen", "firebrick", "purple")
LIGHT_COLORS = ("gold", "skyblue", "lightgreen", "pink")
COLORS = DARK_COLORS + LIGHT_COLORS
