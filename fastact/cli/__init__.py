"""The command line. Uses everything else; nothing but __main__ imports it."""
