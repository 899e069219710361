// Every map with the hashes that users should not write, once for all tests.
#include "numbered_of.hpp"

namespace promises {

const auto numbered_hashes = made_here(join<with_constant_hash, with_near_hashes>());

}  // namespace promises
