"""The NumPy formulas, a file for each family as in formulas/; only reference.stand_ins imports them."""
