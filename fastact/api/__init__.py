"""What a call means: arguments, and the functions as objects. Uses table, reference and runtime."""
