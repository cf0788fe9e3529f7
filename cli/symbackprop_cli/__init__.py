"""The command line of symbackprop: one file for each command."""
