#include "families.hpp"

namespace fuzz {

std::vector<kind> kinds_with_tables() {
  using of = maps_of<word_kind, word_kind, std::allocator>;
  return {of::named<of::plain>("plain_map"),
          of::named<of::concurrent>("concurrent_map"),
          of::named<of::concurrent_portable>("concurrent_map, portable"),
          of::named<of::concurrent_hazard>("concurrent_map, nodes and hazard pointers"),
          of::named<of::lock_free>("lock_free_map"),
          of::named<of::lock_free_hazard>("lock_free_map, hazard pointers")};
}

}  // namespace fuzz
