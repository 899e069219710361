// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Who may still read what: the interface that every lock-free structure of ours asks of a reclamation scheme.
//
//   reader                                      writer
//   typename S::guard g(domain);                unlink the object, so that no new reader finds it
//   auto w = g.protect(0, source, decode);      domain.retire(object, dispose, context, bytes);
//   … the object of w stays whole …             … `dispose(object, context)` runs when nobody can read it …
//
//   epoch   (epoch.hpp)    a guard protects all that it can reach. Fastest; a stalled reader holds back
//                          everything that is retired after it began.
//   hazard  (hazard.hpp)   a guard protects at most four objects. One store more a step; a stalled reader
//                          holds back those four.
//
// 1. An object is retired once, after it was unlinked, and with the very address that `decode` gives.
// 2. Guards nest, on one structure or several; a guard lives and dies on one thread.
// 3. `dispose` runs on any thread (also the timer's), with no lock of ours held; it may retire, and it may
//    use other structures.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>

namespace portolan {

/// What one domain did and holds. Sums of several threads: exact when the domain is quiet.
struct reclaim_statistics {
  std::uint64_t retired_objects = 0;
  std::uint64_t retired_bytes = 0;
  std::uint64_t freed_objects = 0;
  std::uint64_t freed_bytes = 0;
  std::uint64_t kept_back_objects = 0;  ///< retired, not yet freed
  std::uint64_t kept_back_bytes = 0;
  std::uint32_t oldest_reader_thread = 0;  ///< the kernel's number; 0: nobody reads
  std::uint64_t oldest_reader_age_ns = 0;  ///< at least so long: counted from when it was first noticed
};

/// How a retired object is disposed of; must not throw.
using dispose_function = void (*)(void* object, void* context) noexcept;

namespace reclaim {

/// The number of objects that one guard of any scheme can protect at a time.
inline constexpr unsigned protections_per_guard = 4;

template <class S>
concept scheme = requires(typename S::domain& domain, typename S::guard& guard, void* object, dispose_function dispose,
                          const platform::atomic<int*>& source, int* (*decode)(int*)) {
  requires std::constructible_from<typename S::guard, typename S::domain&>;
  requires std::default_initializable<typename S::domain>;
  { guard.protect(0U, source, decode) } -> std::same_as<int*>;
  { domain.retire(object, dispose, object, std::size_t{0}) } -> std::same_as<void>;
  { domain.collect() } -> std::same_as<std::size_t>;
  { domain.statistics() } -> std::same_as<reclaim_statistics>;
};

}  // namespace reclaim

}  // namespace portolan
