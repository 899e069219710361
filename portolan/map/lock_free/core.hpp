// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What lock_free_map does to its list (list.hpp) through its buckets (buckets.hpp). Every change of an entry is one
// compare-and-swap, and that is its instant:
//
//   insert    the word before the place       next ──────► new node           then: count, perhaps grow
//   replace   the word of the old node        next ──────► new node + mark    then: unlink the old one, retire it
//   erase     the word of the node            next ──────► next + mark        then: unlink it, retire it, count
//
// 1. What comes after the instant can be done by any thread that passes by (unlink), or is nobody's need (count, grow).
// 2. No step waits: a compare-and-swap that fails has been overtaken by one that succeeded.
// 3. A callable runs with no guard: on a node of which the operation has a share.
// 4. The number of entries is counted by who inserted and who erased. After a fork the child counts them anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/counters.hpp>
#include <portolan/base/hash.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/lock_free/buckets.hpp>
#include <portolan/map/lock_free/list.hpp>
#include <portolan/map/lock_free/node.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/vocabulary.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/lock_free_domain.hpp>

namespace portolan::lock_free {

/// Schemes whose guards protect all that they can reach: there a reader may pass marked links by.
template <class Reclaimer>
inline constexpr bool reaches_all = std::is_same_v<Reclaimer, epoch>;

/// A key that is sought.
template <class Q>
struct probe {
  std::uint64_t order;
  const Q& key;
};

template <class K, class V, class Hash, class KeyEqual, class Alloc, class Reclaimer>
class core {
 public:
  using node_type = node<K, V, Alloc>;
  using kept = share<node_type>;
  using guard = typename Reclaimer::guard;

  core(const Hash& hash, const KeyEqual& equality, const Alloc& allocator, std::uint64_t seed)
      : hash_(hash, seed), equal_(equality), buckets_(allocator), alloc_(allocator) {}
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  /// Nobody else may use the map any more.
  ~core() {
    for (link* at = buckets_.head().follow().target(); at != nullptr;) {
      link* const next = at->follow().target();
      is_entry(*at) ? node_type::drop(at) : buckets<Alloc>::free_link(at);
      at = next;
    }
  }

  template <class Q>
  [[nodiscard]] probe<Q> probe_of(const Q& key) const {
    return {entry_order(hash_(key)), key};
  }

  // ---- reading ----

  /// Calls f(node or null) under a guard, on the entry of a key.
  template <class Q, class F>
  decltype(auto) with_entry(const probe<Q>& sought, F f) {
    guard protection(nobody_.empty);
    link* at = nullptr;
    if constexpr (reaches_all<Reclaimer>) {
      at = look(buckets_.before(sought.order), sought.order, same_key(sought));
    } else {
      const sight here = find_by_walk(protection, buckets_.before(sought.order), sought);
      at = here.found ? here.at : nullptr;
    }
    return f(at == nullptr ? nullptr : &node_type::of(*at));
  }
  template <class Q>
  [[nodiscard]] kept keep_entry(const probe<Q>& sought) {
    return with_entry(sought, [](node_type* at) { return at == nullptr ? kept() : kept::of(*at); });
  }

  /// Calls f(node) for each entry, with no guard, until it returns false.
  template <class F>
  void for_each(F&& f) {
    std::vector<kept> entries;
    for (std::uint64_t after = 0;;) {
      const bool more = collect(after, entries);
      for (const kept& each : entries) {
        if (!f(*each)) return;
      }
      if (!more) return;
      entries.clear();
    }
  }

  [[nodiscard]] std::size_t size() const noexcept {
    // Who erases may have counted before who inserted.
    const std::int64_t sum = entries_.sum();
    return sum < 0 ? 0 : static_cast<std::size_t>(sum);
  }
  [[nodiscard]] map_statistics statistics() noexcept {
    map_statistics figures;
    figures.entries = size();
    figures.capacity = buckets_.count() * entries_per_bucket;
    const reclaim_statistics reclaimed = domain_.statistics();
    figures.used_bytes = figures.entries * sizeof(node_type);
    figures.reserved_bytes = figures.used_bytes + buckets_.bytes() + entries_.memory_bytes();
    figures.bytes = figures.reserved_bytes;
    figures.ever_bytes = figures.reserved_bytes + reclaimed.retired_bytes;
    figures.kept_back_bytes = reclaimed.kept_back_bytes;
    figures.tables = 1;
    figures.growths = growths_.load(platform::relaxed);  // relaxed: a figure on its own.
    return figures;
  }

  // ---- writing ----

  template <class Q, class... Args>
  [[nodiscard]] kept make(const probe<Q>& sought, Args&&... args) {
    kept made(detail::make_node<node_type>(alloc_, sought.order, sought.key, std::forward<Args>(args)...));
    platform::step("node: made");
    return made;
  }

  /// Links the node that `fresh` holds, or that `make_it` puts there, unless the key is there already.
  template <class Q, class MakeIt>
  [[nodiscard]] bool insert(const probe<Q>& sought, kept& fresh, MakeIt&& make_it) {
    guard protection(nobody_.empty);
    for (;;) {
      const sight here = find_by_walk(protection, buckets_.before(sought.order), sought);
      if (here.found) return false;
      if (!fresh) fresh = make_it();
      if (buckets_.lacks(sought.order)) {
        make_bucket(protection, sought.order);
      } else if (link_at(here, fresh)) {
        return true;
      }
    }
  }

  /// Gives the key the node of `fresh`, whether or not it was there; `took(node)` is shown what it replaces before.
  template <class Q, class Took>
  [[nodiscard]] assignment assign(const probe<Q>& sought, kept& fresh, Took&& took) {
    guard protection(nobody_.empty);
    for (;;) {
      const sight here = find_by_walk(protection, buckets_.before(sought.order), sought);
      if (here.found) {
        took(node_type::of(*here.at));
        if (replace_at(protection, here, fresh)) return assignment::assigned;
      } else if (buckets_.lacks(sought.order)) {
        make_bucket(protection, sought.order);
      } else if (link_at(here, fresh)) {
        return assignment::inserted;
      }
    }
  }

  /// Replaces the entry of a key by what `fresh(node)` gives: the new node, or null for no.
  template <class Q, class Fresh>
  [[nodiscard]] comparison replace_if(const probe<Q>& sought, Fresh&& fresh) {
    guard protection(nobody_.empty);
    for (;;) {
      const sight here = find_by_walk(protection, buckets_.before(sought.order), sought);
      if (!here.found) return comparison::absent;
      kept* const wanted = fresh(node_type::of(*here.at));
      if (wanted == nullptr) return comparison::differed;
      if (replace_at(protection, here, *wanted)) return comparison::matched;
    }
  }

  /// Erases the entry of a key if `wanted(node)`.
  template <class Q, class Wanted>
  [[nodiscard]] comparison erase_if(const probe<Q>& sought, Wanted&& wanted) {
    return erase_where(sought.order, same_key(sought), wanted);
  }
  /// Erases this very entry, unless it has been erased or replaced.
  [[nodiscard]] bool erase_this(const node_type& one) {
    const auto itself = [&](const link& at) { return &at == &one; };
    return erase_where(one.order, itself, [](const node_type&) { return true; }) == comparison::matched;
  }

  /// Replaces or erases the very entry `asked`, or inserts if that is null; false: something else is there by now.
  template <class Q>
  [[nodiscard]] bool settle(const probe<Q>& sought, const node_type* asked, kept& fresh) {
    if (asked == nullptr) return insert(sought, fresh, [] { return kept(); });
    guard protection(nobody_.empty);
    for (;;) {
      const sight here = find_by_walk(protection, buckets_.before(sought.order), sought);
      if (!here.found || here.at != asked) return false;
      if (replace_at(protection, here, fresh)) return true;
    }
  }

  void reserve(std::size_t entries) {
    if (entries > buckets<Alloc>::most * entries_per_bucket) {
      throw error(errc::capacity, "portolan: a lock_free_map has at most 2^34 buckets; reserve fewer entries, or none");
    }
    note_growth(buckets_.grow(std::bit_ceil((entries + entries_per_bucket - 1) / entries_per_bucket)));
  }

  /// In a forked child, by its only thread.
  void count_anew() noexcept {
    entries_.reset();
    std::int64_t found = 0;
    for (const link* at = buckets_.head().follow().target(); at != nullptr; at = at->follow().target()) {
      found += is_entry(*at) && !at->follow().marked() ? 1 : 0;
    }
    entries_.add(found);
  }

  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_.hash_function(); }
  [[nodiscard]] const Alloc& allocator() const noexcept { return alloc_; }

 private:
  static constexpr std::size_t entries_per_bucket = 2;
  // Links passed: one in twenty walks where the buckets are full.
  static constexpr std::uint32_t long_walk = platform::sizes::long_walk;
  static constexpr std::size_t entries_at_a_time = platform::sizes::entries_shown_at_a_time;

  template <class Q>
  [[nodiscard]] auto same_key(const probe<Q>& sought) const {
    return [this, &sought](const link& at) { return static_cast<bool>(equal_(node_type::of(at).key, sought.key)); };
  }
  [[nodiscard]] auto retiring() noexcept {
    return [this](link& gone) { retire(gone); };
  }
  void retire(link& gone) noexcept {
    domain_.retire(&gone, &node_type::drop_for_list, nullptr, sizeof(node_type));
    platform::step("node: retired");
  }
  template <class Q>
  [[nodiscard]] sight find_by_walk(guard& protection, link& start, const probe<Q>& sought) {
    return locate(protection, start, sought.order, retiring(), same_key(sought));
  }

  /// Makes the bucket of an order. What the guard protected before is not protected any more. Only who adds an entry
  /// does so: looking and erasing take no memory.
  void make_bucket(guard& protection, std::uint64_t order) {
    buckets_.make(order, [&](link& from, link& own) -> link* {
      for (;;) {
        const sight here = locate(protection, from, own.order, retiring(), [](const link&) { return true; });
        if (here.found) return here.at;
        own.lead_to(here.at);
        if (here.before->replace(next_word::to(here.at), next_word::to(&own))) return &own;
      }
    });
  }

  /// The instant of an insertion. False: something came between, or `before` has left.
  [[nodiscard]] bool link_at(const sight& here, kept& fresh) {
    fresh->lead_to(here.at);
    platform::step("insert: before link");
    if (!here.before->replace(next_word::to(here.at), next_word::to(fresh.get()))) return false;
    fresh.linked();
    platform::step("insert: linked");
    entries_.add(1);
    platform::step("insert: counted");
    if (here.passed > long_walk) grow_if_full();
    return true;
  }
  [[gnu::noinline]] void grow_if_full() noexcept {
    const std::size_t count = buckets_.count();
    if (count < buckets<Alloc>::most && size() > count * entries_per_bucket) note_growth(buckets_.grow(count * 2));
  }
  void note_growth(bool grew) noexcept {
    if (grew) growths_.fetch_add(1, platform::relaxed);  // relaxed: a figure on its own.
  }

  /// The instant of a replacement. False: the entry has left.
  [[nodiscard]] bool replace_at(guard& protection, const sight& here, kept& fresh) {
    for (;;) {
      const next_word next = here.at->follow();
      if (next.marked()) return false;
      fresh->lead_to(next.target());
      platform::step("replace: before mark");
      if (here.at->replace(next, next_word::to(fresh.get()).with_mark())) break;
    }
    const link* const heir = fresh.get();
    fresh.linked();
    platform::step("replace: marked");
    unlink(protection, here, heir);
    return true;
  }

  template <class Matches, class Wanted>
  [[nodiscard]] comparison erase_where(std::uint64_t order, Matches matches, Wanted&& wanted) {
    guard protection(nobody_.empty);
    for (;;) {
      const sight here = locate(protection, buckets_.before(order), order, retiring(), matches);
      if (!here.found) return comparison::absent;
      if (!wanted(node_type::of(*here.at))) return comparison::differed;
      if (erase_at(protection, here)) return comparison::matched;
    }
  }
  /// The instant of an erasure. False: the entry has left.
  [[nodiscard]] bool erase_at(guard& protection, const sight& here) {
    next_word next;
    for (;;) {
      next = here.at->follow();
      if (next.marked()) return false;
      platform::step("erase: before mark");
      if (here.at->replace(next, next.with_mark())) break;
    }
    platform::step("erase: marked");
    entries_.add(-1);
    platform::step("erase: counted");
    unlink(protection, here, next.target());
    return true;
  }

  /// Sees to it that a link which this thread marked is linked no more.
  void unlink(guard& protection, const sight& here, const link* heir) {
    const std::uint64_t order = here.at->order;
    if (here.before->replace(next_word::to(here.at), next_word::to(heir))) {
      platform::step("unlink: done");
      retire(*here.at);
      return;
    }
    // Somebody was here; one walk over all links of this order leaves none marked that was so before.
    platform::step("unlink: by a walk");
    static_cast<void>(locate(protection, buckets_.before(order), order, retiring(), [](const link&) { return false; }));
  }

  /// Takes shares of the entries behind `after`, whole orders at a time, and moves `after`. False: these were the last.
  [[nodiscard]] bool collect(std::uint64_t& after, std::vector<kept>& into) {
    guard protection(nobody_.empty);
    std::uint64_t done = after;   // all entries up to this order are in `into`
    std::uint64_t order = after;  // of which entries are being taken
    const auto stops = [&](link& at) {
      if (!is_entry(at) || at.order <= done) return false;
      if (at.order != order) {
        done = order;
        if (into.size() >= entries_at_a_time) return true;
        order = at.order;
      }
      if (!taken_before(into, node_type::of(at))) into.push_back(kept::of(node_type::of(at)));
      return false;
    };
    const auto anew = [&] {
      while (order != done && !into.empty() && into.back()->order == order) into.pop_back();
      order = done;
    };
    const sight end = walk(protection, buckets_.before(after), retiring(), stops, anew);
    after = done;
    return end.at != nullptr;
  }
  /// A key that is replaced, or erased and inserted again, while its order is taken is taken once.
  [[nodiscard]] bool taken_before(const std::vector<kept>& entries, const node_type& one) const {
    for (std::size_t i = entries.size(); i > 0 && entries[i - 1]->order == one.order; --i) {
      if (equal_(entries[i - 1]->key, one.key)) return true;
    }
    return false;
  }

  /// Guards ask for a domain and do not look at it; this map's own has no locks. Not a static of a function, which would
  /// be made and ended under a lock.
  union never_ended {
    constexpr never_ended() noexcept : empty() {}
    ~never_ended() {}
    typename Reclaimer::domain empty;
  };
  static inline constinit never_ended nobody_{};

  [[no_unique_address]] hash_policy<K, Hash> hash_;
  [[no_unique_address]] KeyEqual equal_;
  striped_counter entries_;
  platform::atomic<std::size_t> growths_{0};
  reclaim::lock_free_domain_of<Reclaimer> domain_;
  buckets<Alloc> buckets_;
  [[no_unique_address]] Alloc alloc_;
};

}  // namespace portolan::lock_free
