// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Go's names for the operations of a sync_map, each one line over the common vocabulary.
//
//   Go                              here                              the vocabulary's
//   v, ok := m.Load(k)              m.load(k)             optional    find
//   m.Store(k, v)                   m.store(k, v)                     insert_or_assign
//   v, loaded := m.LoadOrStore      m.load_or_store(k, v) pair        load_or_compute is the lazy one
//   v, loaded := m.LoadAndDelete    m.load_and_delete(k)  optional    extract
//   m.Delete(k)                     m.erase(k)                        erase
//   v, loaded := m.Swap(k, v)       m.swap(k, v)          optional    exchange
//   m.CompareAndSwap(k, old, new)   m.compare_and_swap    bool        compare_exchange
//   m.CompareAndDelete(k, old)      m.compare_and_delete  bool        compare_erase
//   m.Range(f)                      m.range(f)                        for_each
//   m.Clear()                       m.clear()                         clear
//
// 1. An absent key never compares equal, whatever `old` is: false, as in Go.
// 2. Values are compared by ==; a V without == has no comparing operations, where Go panics.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan {

/// What load_or_store gives: the value that is there now, and whether it was there before.
template <class V>
struct loaded_or_stored {
  found<V> actual;
  bool loaded = false;
};

namespace detail {

template <class Self, class K, class V>
class go_names {
 public:
  /// Go's Load. As find.
  ///
  /// @returns   the value, empty if the key is not there
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find
  /// @throws    as find
  /// @calls     as find
  template <class Q = K>
  [[nodiscard, gnu::always_inline]] found<V> load(const Q& key) const {
    return self().find(key);
  }

  /// Go's Store. As insert_or_assign.
  ///
  /// @returns   nothing
  /// @sees      as insert_or_assign
  /// @progress  as insert_or_assign
  /// @cost      as insert_or_assign
  /// @throws    as insert_or_assign
  /// @calls     as insert_or_assign
  template <class Q = K, class W = V>
  [[gnu::always_inline]] void store(Q&& key, W&& value) {
    static_cast<void>(self().insert_or_assign(std::forward<Q>(key), std::forward<W>(value)));
  }

  /// Go's LoadOrStore: the value that is there, or `value`, stored now.
  ///
  /// @returns   {actual, loaded}; loaded: it was there, and `value` is untouched
  /// @sees      one instant between call and return
  /// @progress  as try_emplace
  /// @cost      as try_emplace, and a copy of V
  /// @throws    as try_emplace, and what V's copy throws
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
  [[gnu::always_inline]] loaded_or_stored<V> load_or_store(Q&& key, W&& value) {
    return self().load_or_store_at(platform::here(), std::forward<Q>(key), std::forward<W>(value));
  }

  /// Go's LoadAndDelete. As extract.
  ///
  /// @returns   the value, empty if the key was absent
  /// @sees      as extract
  /// @progress  as extract
  /// @cost      as extract
  /// @throws    as extract
  /// @calls     as extract
  template <class Q = K>
  [[gnu::always_inline]] found<V> load_and_delete(const Q& key) {
    return self().extract(key);
  }

  /// Go's Swap. As exchange.
  ///
  /// @returns   the value before, empty if the key was absent
  /// @sees      as exchange
  /// @progress  as exchange
  /// @cost      as exchange
  /// @throws    as exchange
  /// @calls     as exchange
  template <class Q = K, class W = V>
  [[gnu::always_inline]] found<V> swap(Q&& key, W&& value) {
    return self().exchange(std::forward<Q>(key), std::forward<W>(value));
  }

  /// Go's CompareAndSwap. As compare_exchange.
  ///
  /// @returns   true if `desired` was stored
  /// @sees      as compare_exchange
  /// @progress  as compare_exchange
  /// @cost      as compare_exchange
  /// @throws    as compare_exchange
  /// @calls     as compare_exchange
  template <class Q = K, class E = V, class W = V>
  [[gnu::always_inline]] bool compare_and_swap(const Q& key, const E& expected,
                                               W&& desired) requires std::equality_comparable_with<V, E> {
    return self().compare_exchange(key, expected, std::forward<W>(desired)) == comparison::matched;
  }

  /// Go's CompareAndDelete. As compare_erase.
  ///
  /// @returns   true if the entry was removed
  /// @sees      as compare_erase
  /// @progress  as compare_erase
  /// @cost      as compare_erase
  /// @throws    as compare_erase
  /// @calls     as compare_erase
  template <class Q = K, class E = V>
  [[gnu::always_inline]] bool compare_and_delete(const Q& key,
                                                 const E& expected) requires std::equality_comparable_with<V, E> {
    return self().compare_erase(key, expected) == comparison::matched;
  }

  /// Go's Range. As for_each.
  ///
  /// @returns   nothing
  /// @sees      as for_each
  /// @progress  as for_each
  /// @cost      as for_each
  /// @throws    as for_each
  /// @calls     as for_each
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  [[gnu::always_inline]] void range(F&& f) const { self().for_each(f); }

 protected:
  go_names() = default;
  ~go_names() = default;

 private:
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
  [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

}  // namespace detail
}  // namespace portolan
