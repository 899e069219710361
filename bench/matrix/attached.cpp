// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map from outside as a shared object: this file is compiled at run time, once for each --peer-header, which it gets
// as PORTOLAN_PEER_HEADER (attach.cpp), and never as a part of the program.
#include PORTOLAN_PEER_HEADER

#include <type_traits>

#include "bench/matrix/loops.hpp"
#include "bench/workload/driver.hpp"

namespace outside_peer {
// What a header does not say is found here.
namespace unsaid {
inline constexpr bool special = false;
inline constexpr bool only_numbers = false;
inline constexpr const char* paste = "";
}  // namespace unsaid
using namespace unsaid;
}  // namespace outside_peer

namespace {

using namespace portolan;

std::unique_ptr<workload::subject> drive_outside(const workload::setup& how) {
  if constexpr (outside_peer::only_numbers) {
    using adapter = outside_peer::adapter<std::uint64_t, std::uint64_t>;
    return std::make_unique<workload::driver<adapter, std::uint64_t, std::uint64_t>>(how);
  } else {
    return workload::make_driver<outside_peer::adapter>(how);
  }
}

}  // namespace

/// The two symbols that attach.cpp looks for.
extern "C" [[gnu::visibility("default")]] const matrix::attached_layout portolan_attached_layout;
const matrix::attached_layout portolan_attached_layout{};
extern "C" [[gnu::visibility("default")]] void portolan_attached_peer(workload::candidate& into) {
  into.name = outside_peer::name;
  into.paste = outside_peer::paste;
  into.origin = workload::origin::outside;
  into.league = outside_peer::special ? workload::league::special : workload::league::general;
  into.numbers_only = outside_peer::only_numbers;
  into.number_keys = outside_peer::only_numbers;
  into.make = drive_outside;
  into.measure = matrix::make_measured<outside_peer::adapter, outside_peer::only_numbers>;
}
