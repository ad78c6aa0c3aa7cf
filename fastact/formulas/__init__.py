"""The formulas of the kernels, .pxd files to cimport; nothing here is Python."""
