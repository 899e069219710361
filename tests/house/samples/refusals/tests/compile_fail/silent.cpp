int missing = undeclared;
