#include "kinds.hpp"

TEST(x_map, answers) { EXPECT_EQ(kinds().find(1), 1); }
