// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One key of a sync_map, and the word that says what stands under it (sync/value.hpp).
//
//   owners │ hash │ key │ cell        the cell alone changes: it holds a state
//
// The owners of an entry are the tables that it stands in.
#pragma once

#include <cstdint>
#include <utility>

#include <portolan/map/sync/counted.hpp>
#include <portolan/map/sync/value.hpp>

namespace portolan::detail {

/// A key, its hash and its state.
template <class K, class V, class Alloc>
class sync_entry : public hashed_node, public keyed<K, Alloc> {
 public:
  using values = typename values_of<V, Alloc>::type;
  using state = typename values::state;

  template <class Q>
  sync_entry(const Alloc& from, std::uint64_t hashed, Q&& named)
      : hashed_node(hashed), keyed<K, Alloc>(from, std::forward<Q>(named)) {}
  ~sync_entry() { values::drop(cell_.observe()); }
  sync_entry(const sync_entry&) = delete;
  sync_entry& operator=(const sync_entry&) = delete;

  static void drop(void* entry) noexcept {
    auto* const own = static_cast<sync_entry*>(entry);
    if (own->drop_owner()) free_node(own);
  }

  [[nodiscard]] state observe() const noexcept { return cell_.observe(); }
  /// Only where nobody else may leave the state that is there.
  void publish(state next) noexcept { cell_.publish(next); }
  /// False: it is another state than `seen`, which is told.
  [[nodiscard]] bool replace(state& seen, state next) noexcept { return cell_.replace(seen, next); }

 private:
  typename values::cell cell_;
};

}  // namespace portolan::detail
