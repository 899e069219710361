TEST(there, it_is_found) {}
