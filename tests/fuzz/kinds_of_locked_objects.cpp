#include "families.hpp"

namespace fuzz {

std::vector<kind> kinds_of_locked_objects() {
  using object = object_kind<moves::may_fail>;
  using of = maps_of<object, object, metered>;
  return {of::named<of::guarded>("guarded_map"), of::named<of::sharded>("sharded_map"),
          of::named<of::snapshot>("snapshot_map"), of::named<of::versioned>("versioned_map")};
}

}  // namespace fuzz
