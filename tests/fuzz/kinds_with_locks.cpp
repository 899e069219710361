#include "families.hpp"

namespace fuzz {

std::vector<kind> kinds_with_locks() {
  using of = maps_of<word_kind, word_kind, std::allocator>;
  return {of::named<of::sync>("sync_map"),
          of::named<of::guarded>("guarded_map"),
          of::named<of::guarded_flat>("guarded_map of flat_hash_map"),
          of::named<of::sharded>("sharded_map"),
          of::named<of::sharded_flat>("sharded_map of flat_hash_map"),
          of::named<of::snapshot>("snapshot_map"),
          of::named<of::versioned>("versioned_map")};
}

}  // namespace fuzz
