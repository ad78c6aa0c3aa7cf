"""Which kernels are loaded, threads and forks, compiler flags. Uses table and reference."""
