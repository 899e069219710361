#include "families.hpp"

namespace fuzz {

std::vector<kind> kinds_of_objects() {
  using object = object_kind<moves::may_fail>;
  using of = maps_of<object, object, metered>;
  using to_word = maps_of<object, word_kind, metered>;
  return {of::named<of::plain>("plain_map"), of::named<of::concurrent>("concurrent_map"),
          to_word::named<to_word::concurrent>("concurrent_map"), of::named<of::lock_free>("lock_free_map"),
          of::named<of::sync>("sync_map")};
}

}  // namespace fuzz
