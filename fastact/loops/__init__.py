"""How the formulas run over memory, .pxd files to cimport; nothing here is Python."""
