// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <portolan/prove/schedule/faults.hpp>

namespace portolan::prove::schedule {

void faults::start(const limits& within) {
  weakened_ = within.weakened;
  planted_ = within.planted == nullptr ? "" : within.planted;
  ordered_.clear();
  met_.clear();
  for (ordered_access& each : known_orders_) each = {};
  for (const char*& each : known_names_) each = nullptr;
}

ordering faults::in_force(ordering asked, access what, site at) {
  if (asked == ordering::relaxed) return asked;
  const std::size_t kind = std::size_t{8} * static_cast<unsigned>(what) + static_cast<unsigned>(asked);
  ordered_access& known =
      known_orders_[(reinterpret_cast<std::uintptr_t>(at.file) / 8 + at.line + kind * 37) % std::size(known_orders_)];
  if (known.at.file != at.file || known.at.line != at.line || known.what != what || known.asks != asked) {
    known = {{at.file, at.line}, what, asked};
    ordered_.insert(known);
  }
  const bool is_meant = at.line == weakened_.of.at.line && known == weakened_.of;
  return is_meant ? weakened_.to : asked;
}

bool faults::is_planted(const char* name) {
  const char*& known = known_names_[reinterpret_cast<std::uintptr_t>(name) / 8 % std::size(known_names_)];
  if (known != name) {
    known = name;
    met_.insert(name);
  }
  return planted_ == name;
}

std::vector<weakening> weakenings_of(const std::vector<ordered_access>& all) {
  std::vector<weakening> weaker;
  for (const ordered_access& each : all) {
    const auto add = [&](ordering to) { weaker.push_back({each, to}); };
    if (each.what == access::fence) {
      add(ordering::relaxed);
      continue;
    }
    switch (each.asks) {
      case ordering::acquiring:
      case ordering::releasing: add(ordering::relaxed); break;
      case ordering::both:
        add(ordering::acquiring);
        add(ordering::releasing);
        break;
      case ordering::sequential:
        if (each.what == access::change) {
          add(ordering::both);
        } else {
          add(each.what == access::store ? ordering::releasing : ordering::acquiring);
        }
        break;
      case ordering::relaxed:
      case ordering::light: break;
    }
  }
  return weaker;
}

void faults::report(tally& to) const {
  to.ordered.assign(ordered_.begin(), ordered_.end());
  to.planted.assign(met_.begin(), met_.end());
}

}  // namespace portolan::prove::schedule
