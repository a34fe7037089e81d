// Nothing: its target compiles the headers of the black-box programs.
