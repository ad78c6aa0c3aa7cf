"""The NumPy formulas, a file for each family as in formulas/; only _reference imports them."""
