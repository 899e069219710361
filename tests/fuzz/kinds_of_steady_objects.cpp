#include "families.hpp"

namespace fuzz {

std::vector<kind> kinds_of_steady_objects() {
  using object = object_kind<moves::cannot>;
  using of = maps_of<object, object, metered>;
  return {of::named<of::concurrent>("concurrent_map"), of::named<of::guarded_flat>("guarded_map of flat_hash_map"),
          of::named<of::snapshot>("snapshot_map")};
}

}  // namespace fuzz
