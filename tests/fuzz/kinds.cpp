#include "families.hpp"

namespace fuzz {

const std::vector<kind>& kinds() {
  static const std::vector<kind> all = [] {
    std::vector<kind> made;
    for (auto* each :
         {kinds_with_tables, kinds_with_locks, kinds_of_objects, kinds_of_locked_objects, kinds_of_steady_objects}) {
      const auto some = each();
      made.insert(made.end(), some.begin(), some.end());
    }
    return made;
  }();
  return all;
}

}  // namespace fuzz
