"""The rows of the registry, a file for each family as in formulas/; only table.registry imports them."""
