// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map from outside, given when the build is configured: cmake … -DPORTOLAN_BENCH_PEER=/path/to/adapter.hpp
//
// That header defines, in namespace outside_peer,
//    inline constexpr const char* name = "its name in the table";
//    inline constexpr const char* paste = "the line that declares it";
//    template <class K, class V> class adapter { … };      as bench/workload/driver.hpp says
// and may include "bench/workload/driver.hpp". Its include directories: -DPORTOLAN_BENCH_PEER_INCLUDE="DIR;DIR".
#include PORTOLAN_BENCH_PEER

#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"

namespace portolan::workload {

candidate outside_peer() {
  return {.name = ::outside_peer::name,
          .origin = origin::outside,
          .what = "given to this build",
          .paste = ::outside_peer::paste,
          .header = "",
          .make = make_driver<::outside_peer::adapter>};
}

}  // namespace portolan::workload
