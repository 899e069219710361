// expect: a key needs operator==
static_assert(sizeof(int) == 1, "a key needs operator==");
