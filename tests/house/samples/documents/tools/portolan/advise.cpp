option.add("--words");
