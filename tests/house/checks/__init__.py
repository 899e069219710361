"""One file a rule. Each has `check(tree)`, which yields what breaks the rule; tests/house/samples/<rule>/ is a small
tree that breaks it on purpose, beside `expect.txt` with a part of each finding that must come of it."""
