// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// liburcu's cds_lfht: a lock-free list of nodes in split order with an array of shortcuts into it, which a thread of the
// library's doubles. Of the library's kinds of read-copy-update the one by membarrier: a reader's section is two plain
// stores, and a thread that does nothing holds nobody up (by quiescent states, an idle registered thread would).
//
// 1. A thread is registered from its first operation of a run to its last, and while it walks or destroys the map.
// 2. A value that is a number changes in place by an atomic operation. Any other is replaced together with its node.
// 3. Whoever took a node out frees it after a grace period; so a reader may look at it to the end of its section.
#define URCU_INLINE_SMALL_FUNCTIONS
#include <urcu/urcu-memb.h>
// After the kind that it is to use.
#include <urcu/rculfhash.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <new>

#include "bench/matrix/loops.hpp"
#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"

namespace portolan::workload {
namespace {

/// This thread as one of the library's readers.
class urcu_thread {
 public:
  static void enter() {
    if (depth_++ == 0) urcu_memb_register_thread();
  }
  static void leave() {
    if (--depth_ == 0) urcu_memb_unregister_thread();
  }

 private:
  static inline thread_local unsigned depth_ = 0;
};
struct as_urcu_thread {
  as_urcu_thread() { urcu_thread::enter(); }
  as_urcu_thread(const as_urcu_thread&) = delete;
  as_urcu_thread& operator=(const as_urcu_thread&) = delete;
  ~as_urcu_thread() { urcu_thread::leave(); }
};
/// While it lives, no node that this thread sees is freed.
struct urcu_section {
  urcu_section() { urcu_memb_read_lock(); }
  urcu_section(const urcu_section&) = delete;
  urcu_section& operator=(const urcu_section&) = delete;
  ~urcu_section() { urcu_memb_read_unlock(); }
};

template <class K, class V, class Hash>
class of_urcu {
  struct node : cds_lfht_node, rcu_head {
    node(const K& k, V v) : cds_lfht_node{}, rcu_head{}, key(k), value(std::move(v)) { cds_lfht_node_init(this); }
    const K key;
    V value;
  };
  static constexpr bool in_place = std::is_same_v<V, std::uint64_t>;

 public:
  explicit of_urcu(const setup& how)
      : map_(cds_lfht_new_flavor(std::bit_ceil(std::max<std::size_t>(how.reserve, 1)), 1, 0,
                                 CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, &urcu_memb_flavor, nullptr)) {
    if (map_ == nullptr) throw std::bad_alloc();
  }
  of_urcu(const of_urcu&) = delete;
  of_urcu& operator=(const of_urcu&) = delete;
  ~of_urcu() {
    {
      const as_urcu_thread here;
      each_node([&](node& in) {
        if (cds_lfht_del(map_, &in) == 0) retire(in);
      });
    }
    urcu_memb_barrier();
    cds_lfht_destroy(map_, nullptr);
  }

  void enter_thread() { urcu_thread::enter(); }
  void leave_thread() { urcu_thread::leave(); }

  template <class Q, class F>
  bool find(const Q& key, F&& f) {
    const urcu_section section;
    const node* const in = looked_up(key);
    if (in == nullptr) return false;
    f(read(*in));
    return true;
  }
  bool insert(const K& key, V value) {
    const urcu_section section;
    // Most keys of a mixed workload are there: a look first saves the node.
    if (looked_up(key) != nullptr) return false;
    auto fresh = std::make_unique<node>(key, std::move(value));
    if (cds_lfht_add_unique(map_, hash_(key), same<K>, &key, fresh.get()) != fresh.get()) return false;
    static_cast<void>(fresh.release());
    return true;
  }
  void assign(const K& key, V value) {
    const urcu_section section;
    if constexpr (in_place) {
      if (node* const in = looked_up(key)) {
        std::atomic_ref(in->value).store(value, std::memory_order_release);
        return;
      }
    }
    auto fresh = std::make_unique<node>(key, std::move(value));
    if (auto* const old = cds_lfht_add_replace(map_, hash_(key), same<K>, &key, fresh.release())) retire(of(old));
  }
  bool erase(const K& key) {
    const urcu_section section;
    node* const in = looked_up(key);
    if (in == nullptr || cds_lfht_del(map_, in) != 0) return false;
    retire(*in);
    return true;
  }
  void add(const K& key, std::uint64_t amount) {
    const urcu_section section;
    const std::size_t hash = hash_(key);
    for (;;) {
      cds_lfht_iter at{};
      cds_lfht_lookup(map_, hash, same<K>, &key, &at);
      if (cds_lfht_node* const seen = cds_lfht_iter_get_node(&at)) {
        if constexpr (in_place) {
          std::atomic_ref(of(seen).value).fetch_add(amount);
          return;
        } else {
          V sum = of(seen).value;
          sum += amount;
          auto fresh = std::make_unique<node>(key, std::move(sum));
          if (cds_lfht_replace(map_, &at, hash, same<K>, &key, fresh.get()) != 0) continue;
          static_cast<void>(fresh.release());
          retire(of(seen));
          return;
        }
      }
      auto fresh = std::make_unique<node>(key, V(amount));
      if (cds_lfht_add_unique(map_, hash, same<K>, &key, fresh.get()) != fresh.get()) continue;
      static_cast<void>(fresh.release());
      return;
    }
  }
  template <class F>
  void for_each(F&& f) {
    const as_urcu_thread here;
    each_node([&](const node& in) { f(in.key, in.value); });
  }
  std::size_t size() {
    std::size_t count = 0;
    for_each([&](const K&, const V&) { ++count; });
    return count;
  }

 private:
  static node& of(cds_lfht_node* in) { return *static_cast<node*>(in); }
  template <class Q>
  static int same(cds_lfht_node* in, const void* key) {
    return of(in).key == *static_cast<const Q*>(key) ? 1 : 0;
  }
  static V read(const node& in) {
    if constexpr (in_place) {
      // An atomic_ref must not refer to a const object; this one loads.
      return std::atomic_ref(const_cast<V&>(in.value)).load(std::memory_order_acquire);
    } else {
      return in.value;
    }
  }
  static void retire(node& in) {
    urcu_memb_call_rcu(&in, [](rcu_head* head) { delete static_cast<node*>(head); });
  }
  template <class Q>
  node* looked_up(const Q& key) {
    cds_lfht_iter at{};
    cds_lfht_lookup(map_, hash_(key), same<Q>, &key, &at);
    cds_lfht_node* const seen = cds_lfht_iter_get_node(&at);
    return seen == nullptr ? nullptr : &of(seen);
  }
  template <class F>
  void each_node(F f) {
    const urcu_section section;
    cds_lfht_iter at{};
    for (cds_lfht_first(map_, &at); cds_lfht_node* const seen = cds_lfht_iter_get_node(&at); cds_lfht_next(map_, &at)) {
      f(of(seen));
    }
  }

  cds_lfht* map_;
  [[no_unique_address]] Hash hash_;
};

template <class K, class V>
struct urcu_adapter : of_urcu<K, V, shared_hash<K>> {
  using of_urcu<K, V, shared_hash<K>>::of_urcu;
};

}  // namespace

candidate liburcu_hash_table() {
  return {.name = "liburcu cds_lfht",
          .origin = origin::peer,
          .what = "threads are registered",
          .paste = "cds_lfht* map = cds_lfht_new(1, 1, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, nullptr);",
          .header = "urcu/rculfhash.h",
          .make = make_driver<urcu_adapter>,
          .measure = matrix::make_measured<urcu_adapter>};
}

}  // namespace portolan::workload
