// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map whose every state is immutable: readers take the present one with one load, writers put the next one
// in its place.
//
//   current_ ──► version 8 │ a │ b'│ d │ e │    find: one load, under a guard
//                version 7 │ a │ b │ c │ d │    still held by a view; freed with it
//   writers: one mutex ─ draft the next version ─ one store
//
// 1. Readers never wait for writers, writers never for readers. Every read of one call, and every read
//    through one view, is of one instant.
// 2. Writers take turns, so no update is lost: each begins with the version that the one before it published.
// 3. Each published change copies the table's pointers (not the entries): O(n). Many changes belong into one
//    update. Before the first store there is an empty map.
//
// The machinery: snapshot/version.hpp (nodes, drafts), snapshot/view.hpp. Proof and price: docs/algorithms/snapshot_map.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/both_sections.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/section.hpp>
#include <portolan/map/snapshot/version.hpp>
#include <portolan/map/snapshot/view.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/uncopied.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan {

/// A map for configuration and routing: read all the time, changed rarely, always consistent.
///
/// When not to use it: where entries change often, each change costs O(n): take concurrent_map.
/// Everything that a thread wrote before it published a version is seen by who reads that version.
template <class K, class V, class Hash, class KeyEqual, class Alloc>
class snapshot_map : private copying_a_map_is_called_snapshot,
                     public detail::map_mixin<snapshot_map<K, V, Hash, KeyEqual, Alloc>, K, V, true> {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  using mixin = detail::map_mixin<snapshot_map, K, V, true>;
  using node = detail::snapshot_node<K, V, Alloc>;
  using table = detail::node_table<node, Alloc>;
  using rules = detail::lookup_rules<K, Hash, KeyEqual, Alloc>;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;
  static constexpr bool snapshot_is_of_one_instant = true;  // list.hpp
  using draft = snapshot_draft<K, V, Hash, KeyEqual, Alloc>;
  using view_type = snapshot_view<K, V, Hash, KeyEqual, Alloc>;

  using mixin::find;
  using mixin::visit;

  /// An empty map, whose readers see an empty state. `capacity` is not used: each version has the size that it needs.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      one allocation
  /// @throws    std::bad_alloc
  /// @calls     the moves of Hash and KeyEqual
  explicit snapshot_map(map_options options = {}, Hash hash = {}, KeyEqual equal = {}, const Alloc& alloc = {})
      : rules_(detail::make_node<rules>(alloc, options.seed, std::move(hash), std::move(equal))),
        living_(*this, options.name) {}
  explicit snapshot_map(const Alloc& alloc) : snapshot_map({}, {}, {}, alloc) {}
  ~snapshot_map() { table::drop(current_.observe()); }

  /// Takes the present state, whole.
  ///
  /// @returns   an owning view of it, to be kept as long as one likes
  /// @sees      one instant between call and return; all that was written before that state was published
  /// @progress  wait-free
  /// @cost      two counts; nothing is copied
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] view_type view() const {
    const epoch::guard guard(domain_);
    table* const now = current_.observe();
    if (now != nullptr) now->add_owner();
    rules_.get()->add_owner();
    return view_type(rules_.get(), now);
  }

  /// Lets `f` change a draft of the present state, and publishes it as the next one: all changes at once.
  ///
  /// @returns   what `f` returns
  /// @sees      one instant: readers find all changes or none; no update of another thread is lost
  /// @progress  waits for other writers; readers do not wait
  /// @cost      O(n) if anything is changed
  /// @throws    what `f` throws: nothing is published; reentrant_call from inside another write of this map
  /// @calls     `f` once, under the writers' mutex: it may read this map, but a write to it throws reentrant_call
  template <class F>
    requires std::invocable<F&, draft&>
  [[gnu::always_inline]] decltype(auto) update(F&& f) { return write(platform::here(), f); }

  /// Replaces everything by the pairs of `entries`. Of several with one key the last counts.
  ///
  /// @returns   nothing
  /// @sees      one instant: readers find the old state or the new one
  /// @progress  waits for other writers for the time of one store
  /// @cost      O(size of `entries`), before the mutex is taken
  /// @throws    what copying the entries throws, std::bad_alloc: nothing is published
  /// @calls     hash, equality, the constructors of K and V with no lock held
  template <class Container>
  [[gnu::always_inline]] void store_all(Container&& entries) {
    store_all_at(platform::here(), std::forward<Container>(entries));
  }

  /// Gives the value under `key`: a copy, or where V cannot be copied an owning handle.
  ///
  /// @returns   the value, empty if the key is not there
  /// @sees      one instant between call and return; all that was written before that state was published
  /// @progress  wait-free but for the copy
  /// @cost      O(1) expected: one load of the state; writes nothing shared
  /// @throws    what the copy, hash and equality throw
  /// @calls     hash, equality, V's copy constructor with no lock held
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] found<V> find(const Q& key) const {
    return with_node<found<V>>(key, [](node& at) { return at.give(); });
  }

  /// Whether `key` is there.
  ///
  /// @returns   true if it is
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      as find, without the copy
  /// @throws    what hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] bool contains(const Q& key) const {
    return with_node<bool>(key, [](node&) { return true; });
  }

  /// Gives an owning handle on the value under `key`. It survives erase, replacement and the map itself.
  ///
  /// @returns   the handle, empty if the key is not there
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      as find, and one count on the node instead of the copy
  /// @throws    what hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] pinned<V> pin(const Q& key) const {
    return with_node<pinned<V>>(key, [](node& at) { return at.pin(); });
  }

  /// Calls `f` with the value under `key`, kept alive while `f` runs.
  ///
  /// @returns   true if the key was there
  /// @sees      as find
  /// @progress  as pin; `f` holds nobody up
  /// @cost      as pin
  /// @throws    what `f`, hash and equality throw
  /// @calls     `f` with no lock and no guard held: it may call any operation of this map
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V&>
  bool visit(const Q& key, F&& f) const {
    const pinned<V> held = pin(key);
    if (!held) return false;
    f(*held);
    return true;
  }

  /// Calls `f` with every entry of the present state, until `f` returns false if it returns a bool.
  ///
  /// @returns   nothing
  /// @sees      one instant: the state that was there when the call began
  /// @progress  wait-free but for `f`, which holds nobody up
  /// @cost      O(n); copies nothing
  /// @throws    what `f` throws
  /// @calls     `f` with no lock and no guard held: it may call any operation of this map
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  void for_each(F&& f) const { view().for_each(f); }

  /// Puts a value made of `args` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  waits for other writers
  /// @cost      O(n) if it puts something there
  /// @throws    what making key or value throws, what hash and equality throw, std::bad_alloc: the map is as before
  /// @calls     hash, equality and the constructors under the writers' mutex; they must not re-enter (detected)
  template <class Q = K, class... Args>
    requires names<Q> && std::constructible_from<V, Args...>
  [[gnu::always_inline]] bool try_emplace(Q&& key, Args&&... args) {
    return write(platform::here(),
                 [&](draft& next) { return next.try_emplace(std::forward<Q>(key), std::forward<Args>(args)...); });
  }

  /// Puts `value` under `key`, whether or not the key is there.
  ///
  /// @returns   assignment::inserted or assignment::assigned
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  waits for other writers
  /// @cost      O(n)
  /// @throws    as try_emplace
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
    requires names<Q> && std::constructible_from<V, W>
  [[gnu::always_inline]] assignment insert_or_assign(Q&& key, W&& value) {
    return write(platform::here(),
                 [&](draft& next) { return next.insert_or_assign(std::forward<Q>(key), std::forward<W>(value)); });
  }

  /// Puts `value` under `key` and gives what was there (Go's Swap).
  ///
  /// @returns   the value before, empty if the key was absent
  /// @sees      one instant between call and return
  /// @progress  waits for other writers
  /// @cost      O(n), and a copy of V
  /// @throws    as try_emplace, and what V's copy throws: the map is as before
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
    requires names<Q> && std::constructible_from<V, W>
  [[gnu::always_inline]] found<V> exchange(Q&& key, W&& value) {
    return write(platform::here(), [&](draft& next) {
      auto&& wanted = detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key));
      const auto at = next.locate(wanted);
      found<V> before = at.at == nullptr ? found<V>() : at.at->give();
      next.put(at, std::forward<decltype(wanted)>(wanted), std::forward<W>(value));
      return before;
    });
  }

  /// Removes the entry of `key` and gives its value (Go's LoadAndDelete).
  ///
  /// @returns   the value, empty if the key was absent
  /// @sees      one instant between call and return
  /// @progress  waits for other writers
  /// @cost      O(n) if the key is there, and a copy of V
  /// @throws    as erase, and what V's copy throws: the entry stays
  /// @calls     as erase
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] found<V> extract(const Q& key) {
    return write(platform::here(), [&](draft& next) {
      node* const at = next.locate(detail::as_lookup<K, Hash, KeyEqual>(key)).at;
      if (at == nullptr) return found<V>();
      found<V> before = at->give();
      next.remove(*at);
      return before;
    });
  }

  /// Removes the entry of `key`.
  ///
  /// @returns   true if it was there
  /// @sees      one instant between call and return
  /// @progress  waits for other writers
  /// @cost      O(n) if the key is there
  /// @throws    what hash and equality throw, std::bad_alloc: the map is as before
  /// @calls     hash, equality under the writers' mutex; they must not re-enter (detected)
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] bool erase(const Q& key) {
    return write(platform::here(), [&](draft& next) { return next.erase(key); });
  }

  /// Lets `f` decide on the entry of `key`: keep it, give it a value, erase it. `f` gets null if there is none and
  /// returns decision<V>, V or std::optional<V>.
  ///
  /// @returns   what became of the entry; computed::absent if there was none and `f` wanted none
  /// @sees      one instant between call and return; nobody changes the map while `f` looks at the entry
  /// @progress  waits for other writers, which wait for `f`; readers do not
  /// @cost      O(n) if something is changed
  /// @throws    what `f` throws: the map is as before; as try_emplace besides
  /// @calls     `f` once, under the writers' mutex: it may read this map, but a write to it throws reentrant_call
  template <class Q = K, class F>
    requires names<Q> && std::invocable<F&, const V*>
  [[gnu::always_inline]] computed compute(Q&& key, F&& f) {
    return compute_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key)), f);
  }

  /// Puts `desired` under `key` if its value equals `expected`.
  ///
  /// @returns   comparison::matched if it was put there; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  waits for other writers
  /// @cost      O(n) if the values are equal
  /// @throws    what V's == throws; as try_emplace besides
  /// @calls     V's == under the writers' mutex; it must not re-enter (detected)
  template <class Q = K, class E = V, class W = V>
    requires names<const Q&> && std::constructible_from<V, W>
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected,
                                                     W&& desired) requires std::equality_comparable_with<V, E> {
    return compare_at(platform::here(), key, expected,
                      [&](draft& next, auto at) { next.put(at, K(at.at->key), std::forward<W>(desired)); });
  }

  /// Removes the entry of `key` if its value equals `expected`.
  ///
  /// @returns   comparison::matched if it was removed; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  waits for other writers
  /// @cost      O(n) if the values are equal
  /// @throws    what V's == throws; as erase besides
  /// @calls     V's == under the writers' mutex; it must not re-enter (detected)
  template <class Q = K, class E = V>
    requires names<const Q&>
  [[gnu::always_inline]] comparison compare_erase(const Q& key,
                                                  const E& expected) requires std::equality_comparable_with<V, E> {
    return compare_at(platform::here(), key, expected, [](draft& next, auto at) { next.remove(*at.at); });
  }

  /// Removes the entries that `predicate(key, value)` accepts, each only if nobody replaced it since; in one publish.
  ///
  /// @returns   how many were removed
  /// @sees      the predicate sees one instant, the removals are another one
  /// @progress  waits for other writers; `predicate` holds nobody up
  /// @cost      O(n)
  /// @throws    what `predicate` throws, std::bad_alloc: the map is as before
  /// @calls     `predicate` with no lock held: it may call any operation of this map
  template <class P>
    requires std::predicate<P&, const K&, const V&>
  [[gnu::always_inline]] size_type erase_if(P&& predicate) { return erase_if_at(platform::here(), predicate); }

  /// Exchanges all entries with `other`. Views that were taken before keep what they show.
  ///
  /// @returns   nothing
  /// @sees      writers of the two maps one instant; readers of each map one instant, of both maps a moment in which one
  ///            has changed and the other has not
  /// @progress  waits for the writers of both maps, never for one of them while it holds the other; readers do not wait
  /// @cost      O(n) of both: each map hashes under a secret of its own, so the entries are copied
  /// @throws    what hash, equality and the copies throw, std::bad_alloc: both maps are as before; reentrant_call from
  ///            inside a write of either map
  /// @calls     hash, equality and the copies of K and V under both writers' mutexes; they must not re-enter (detected)
  [[gnu::always_inline]] void swap(snapshot_map& other) requires detail::copyable_entry<K, V> {
    swap_at(platform::here(), other);
  }
  [[gnu::always_inline]] friend void swap(snapshot_map& left,
                                          snapshot_map& right) requires detail::copyable_entry<K, V> {
    left.swap(right);
  }

  /// The number of entries.
  ///
  /// @returns   the number
  /// @sees      one instant between call and return
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] size_type size() const {
    const epoch::guard guard(domain_);
    const table* const now = current_.observe();
    return now == nullptr ? 0 : now->size();
  }

  /// Removes every entry.
  ///
  /// @returns   nothing
  /// @sees      one instant between call and return
  /// @progress  waits for other writers for the time of one store
  /// @cost      O(1); the entries are destroyed later, when nobody reads them
  /// @throws    reentrant_call from inside a write of this map
  /// @calls     nothing
  [[gnu::always_inline]] void clear() { replace_all(platform::here(), nullptr); }

  /// The map's figures.
  ///
  /// @returns   the figures of the present state; what views hold of older ones is not in them
  /// @sees      one instant between call and return
  /// @progress  wait-free
  /// @cost      O(threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] map_statistics stats() const {
    map_statistics figures;
    const epoch::guard guard(domain_);
    const table* const now = current_.observe();
    figures.add_own(sizeof(*this) + sizeof(rules) + flights_.allocated_bytes());
    const reclaim_statistics kept = domain_.statistics();
    figures.kept_back_bytes = kept.kept_back_bytes;
    figures.ever_bytes += kept.retired_bytes;
    if (now == nullptr) return figures;
    figures.entries = now->size();
    figures.capacity = now->capacity();
    const std::size_t node_bytes = now->size() * sizeof(node);
    figures.bytes += now->bytes() + node_bytes;
    figures.reserved_bytes += now->bytes() + node_bytes;
    figures.ever_bytes += now->bytes() + node_bytes;
    figures.used_bytes = node_bytes + now->size() * sizeof(void*);
    figures.tables = 1;
    return figures;
  }

 private:
  friend mixin;
  friend living;
  using section = detail::exclusive_section<mutex>;

  /// The version that left; retired when the mutex is free again.
  struct leaving {
    ~leaving() {
      if (old != nullptr) {
        domain.retire(
            old, [](void* at, void*) noexcept { table::drop(static_cast<table*>(at)); }, nullptr, old->bytes());
      }
    }
    epoch::domain& domain;
    table* old = nullptr;
  };

  template <class R, class Q, class Use>
  [[nodiscard]] R with_node(const Q& key, Use&& use) const {
    decltype(auto) wanted = detail::as_lookup<K, Hash, KeyEqual>(key);
    const std::uint64_t hash = rules_.get()->hash(wanted);
    const epoch::guard guard(domain_);
    node* const at = rules_.get()->find(current_.observe(), wanted, hash);
    return at == nullptr ? R() : use(*at);
  }

  /// Every write: the next version is drafted and published under the writers' mutex.
  template <class F>
  decltype(auto) write(platform::code_address place, F&& f) {
    critical_scope::refuse_reentry(this, place);
    leaving gone{domain_};
    std::optional<draft> next;  // destroyed after the mutex is free
    const section inside(writers_, this, place);
    next.emplace(*rules_.get(), current_.observe());
    if constexpr (std::is_void_v<std::invoke_result_t<F&, draft&>>) {
      f(*next);
      publish_locked(*next, gone);
    } else {
      auto result = f(*next);
      publish_locked(*next, gone);
      return result;
    }
  }

  void publish_locked(draft& next, leaving& gone) noexcept {
    if (!next.is_changed()) return;
    gone.old = current_.observe();
    current_.publish(next.take());
  }

  void replace_all(platform::code_address place, table* next) {
    leaving gone{domain_};
    const section inside(writers_, this, place);
    gone.old = current_.observe();
    current_.publish(next);
  }

  static void copy_into(draft& next, const table* from) {
    if (from == nullptr) return;
    for (const node& each : *from) next.insert(each.key, each.value);
  }
  void swap_at(platform::code_address place, snapshot_map& other) {
    if (this == &other) return;
    leaving gone{domain_};
    leaving gone_there{other.domain_};
    std::optional<draft> next;  // destroyed after the mutexes are free
    std::optional<draft> next_there;
    const detail::both_sections inside(writers_, section_owner(), other.writers_, other.section_owner(), place);
    copy_into(next.emplace(*rules_.get(), nullptr), other.current_.observe());
    copy_into(next_there.emplace(*other.rules_.get(), nullptr), current_.observe());
    gone.old = current_.observe();
    gone_there.old = other.current_.observe();
    current_.publish(next->is_changed() ? next->take() : nullptr);
    other.current_.publish(next_there->is_changed() ? next_there->take() : nullptr);
  }

  template <class Container>
  void store_all_at(platform::code_address place, Container&& entries) {
    critical_scope::refuse_reentry(this, place);
    draft fresh(*rules_.get(), nullptr);
    for (auto&& [key, value] : entries) {
      if constexpr (std::is_lvalue_reference_v<Container>)
        fresh.insert_or_assign(key, value);
      else
        fresh.insert_or_assign(std::move(key), std::move(value));
    }
    replace_all(place, fresh.is_changed() ? fresh.take() : nullptr);
  }

  template <class Q, class F>
  computed compute_at(platform::code_address place, Q&& key, F& f) {
    std::optional<decision<V>> decided;  // destroyed after the mutex is free
    return write(place, [&](draft& next) {
      const auto at = next.locate(key);
      const bool there = at.at != nullptr;
      decided.emplace(detail::to_decision<V>(f(there ? &std::as_const(at.at->value) : nullptr)));
      switch (decided->what()) {
        case decision<V>::kind::kept: return there ? computed::kept : computed::absent;
        case decision<V>::kind::assigned:
          next.put(at, std::forward<Q>(key), std::move(decided->value()));
          return there ? computed::assigned : computed::inserted;
        case decision<V>::kind::erased:
          if (!there) return computed::absent;
          next.remove(*at.at);
          return computed::erased;
      }
      return computed::absent;
    });
  }

  template <class Q, class E, class Change>
  comparison compare_at(platform::code_address place, const Q& key, const E& expected, Change change) {
    return write(place, [&](draft& next) {
      const auto at = next.locate(detail::as_lookup<K, Hash, KeyEqual>(key));
      if (at.at == nullptr) return comparison::absent;
      if (!(std::as_const(at.at->value) == expected)) return comparison::differed;
      change(next, at);
      return comparison::matched;
    });
  }

  template <class P>
  size_type erase_if_at(platform::code_address place, P& predicate) {
    critical_scope::refuse_reentry(this, place);
    const view_type seen = view();
    std::vector<node*> accepted;
    if (seen.table_ != nullptr) {
      for (node& each : *seen.table_) {
        if (predicate(each.key, std::as_const(each.value))) accepted.push_back(&each);
      }
    }
    if (accepted.empty()) return 0;
    return write(place, [&](draft& next) {
      size_type erased = 0;
      for (node* each : accepted) {
        if (next.locate(each->key).at != each) continue;
        next.remove(*each);
        ++erased;
      }
      return erased;
    });
  }

  [[nodiscard]] found<V> find_at(const K& key, platform::code_address) const { return find(key); }
  template <class Q>
  [[nodiscard]] found<V> find_at(const Q& key, platform::code_address) const {
    return find(key);
  }
  [[nodiscard]] found<V> keep_or_put(const K& key, V&& value, platform::code_address place) {
    return write(place, [&](draft& next) {
      const auto at = next.locate(key);
      return (at.at != nullptr ? *at.at : next.put(at, key, std::move(value))).give();
    });
  }
  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const K& key) const {
    return static_cast<std::size_t>(rules_.get()->hash(key));
  }
  [[nodiscard]] bool same_key(const K& left, const K& right) const {
    return static_cast<bool>(rules_.get()->equal(left, right));
  }
  [[nodiscard]] const void* section_owner() const noexcept { return this; }

  [[nodiscard]] bool try_lock_for_fork() noexcept {
    if (!writers_.try_lock()) return false;
    if (flights_.try_lock_all()) return true;
    writers_.unlock();
    return false;
  }
  void unlock_in_parent() noexcept {
    flights_.unlock_all();
    writers_.unlock();
  }
  void unlock_in_child() noexcept {
    flights_.forget_others_after_fork();
    writers_.reset_after_fork();
  }

  /// The map's share of the rules.
  class own_rules {
   public:
    explicit own_rules(rules* how) noexcept : rules_(how) {}
    own_rules(const own_rules&) = delete;
    own_rules& operator=(const own_rules&) = delete;
    ~own_rules() { rules::drop(rules_); }
    [[nodiscard]] rules* get() const noexcept { return rules_; }

   private:
    rules* rules_;
  };

  epoch::domain domain_;
  own_rules rules_;
  published<table*> current_;
  mutex writers_;
  detail::flight_board flights_;
  friend class living;
  static constexpr const char* living_type = "snapshot_map";
  living living_;
};

}  // namespace portolan
