// What the tests of merge share: two kinds of maps, the second of which goes into the first.
#pragma once

#include <string>

#include <portolan/map/merge.hpp>

#include "family.hpp"

namespace promises {

template <class Target, class Source>
struct pairing {
  using target = Target;
  using source = Source;
};
struct pairing_names {
  template <class Pairing>
  static std::string GetName(int) {
    return Pairing::source::name() + "_into_" + Pairing::target::name();
  }
};

using number_map = subject<concurrent>;
using text_map = subject<concurrent, text, text>;

}  // namespace promises
