// Every map of numbers and every map of strings, once for all tests.
#include "numbered_of.hpp"

namespace promises {

const auto numbered_maps = made_here(numbers_and_texts());

}  // namespace promises
