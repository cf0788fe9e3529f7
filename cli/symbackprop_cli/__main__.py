"""`python -m symbackprop_cli`."""

from symbackprop_cli.main import main

main()
