// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map whose entries carry versions: a write says which version it read, and is refused if that is not the present one.
//
//   thread A   find → {value, 7} ──────── update(key, 7, a) → accepted, now 8
//   thread B   find → {value, 7} ─ … ───────────── update(key, 7, b) → refused: it is {a, 8}       nothing is lost
//
// 1. A record (value and version together) never changes; an accepted write exchanges the record that it was checked
//    against for the next one (versioned/write.hpp). Reads are those of concurrent_map: no lock, nothing shared written.
// 2. The versions of a key rise by one with each update, and go on rising when the key is erased and comes back
//    (versioned/floors.hpp): a writer from before the erase is refused.
// 3. Every write ends in a named outcome that holds what stands there now. Writes without a version are absent, but for
//    clear.
// 4. `apply` takes versions from outside, in any order, and keeps the newest; a deletion is remembered until
//    `forget_deletions`, so that an older event that comes late does not bring the key back.
//
// How it works and what it costs: docs/algorithms/versioned_map.md. The three phases: three_phase.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/counters.hpp>
#include <portolan/base/error.hpp>
#include <portolan/base/hash.hpp>
#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/core.hpp>
#include <portolan/map/concurrent/find.hpp>
#include <portolan/map/concurrent/iterate.hpp>
#include <portolan/map/concurrent/nodes.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/uncopied.hpp>
#include <portolan/map/versioned/floors.hpp>
#include <portolan/map/versioned/record.hpp>
#include <portolan/map/versioned/write.hpp>
#include <portolan/map/vocabulary.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan {

/// How a write against a version ended: done; refused, because another version stands there; or no such key.
enum class acceptance : std::uint8_t { accepted, refused, absent };

/// How a write of a versioned_map ended, and what stands under the key.
template <class V>
struct update_result {
  acceptance outcome = acceptance::absent;
  entry_version version;        ///< accepted: the one that it got, or that was erased; refused: the present one
  found<versioned<V>> current;  ///< refused: what stands there; as find gives it

  /// Whether the write was accepted.
  ///
  /// @returns   outcome == acceptance::accepted
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] bool accepted() const noexcept { return outcome == acceptance::accepted; }
};

/// How an optimistic update ended.
struct optimistic_result {
  computed outcome = computed::absent;
  entry_version version;    ///< of the entry as it was kept, put or erased
  std::size_t retries = 0;  ///< how often another writer was faster and the callable ran again
};

/// Whether an event from outside changed the map, or something at least as new was there.
enum class application : std::uint8_t { applied, not_newer };

/// A map for optimistic updates: configuration, documents, anything that is read, thought about, and written back.
///
/// When not to use it: for counters and other changes that never need to be refused take concurrent_map's compute, which
/// allocates nothing for small values; for a state of several keys at once snapshot_map.
/// Everything that a thread wrote before its write was accepted is seen by who finds that version or a later one.
template <class K, class V, class Hash, class KeyEqual, class Alloc>
class versioned_map : private copying_a_map_is_called_snapshot,
                      private detail::map_mixin<versioned_map<K, V, Hash, KeyEqual, Alloc>, K, versioned<V>, true> {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  static_assert(std::is_same_v<V, std::remove_cvref_t<V>> && !std::is_array_v<V>,
                "Portolan: a value is an object of its own: write V without const or &, std::array for an array");
  using mixin = detail::map_mixin<versioned_map, K, versioned<V>, true>;
  friend mixin;
  using record = detail::version_record<V, Alloc>;
  using engine = concurrent::nodes<K, record, Hash, KeyEqual, Alloc, false>;
  using core_type = concurrent::core<engine, epoch, Alloc>;
  using cell = typename engine::cell;
  using wish = detail::wish;
  using written = detail::written;
  using then = typename core_type::then;
  using section = concurrent::write_gate::section;
  using place = platform::code_address;
  template <class Q>
  using write = detail::versioned_write<core_type, Q>;

  template <class Q>
  static constexpr bool finds = lookup_key<Q, K, Hash, KeyEqual> || std::is_convertible_v<const Q&, K>;
  static constexpr bool is_small = std::is_trivially_copyable_v<V> && sizeof(V) <= 64;

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

  using mixin::empty;
  using mixin::find;
  using mixin::snapshot;
  using mixin::visit;

  /// Makes an empty map: room, seed and name from `options`, the rest as given.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but the list of living maps
  /// @progress  may wait for another map that is made or destroyed
  /// @cost      O(capacity); one allocation for an empty one
  /// @throws    what the copies of Hash, KeyEqual and Alloc throw, std::bad_alloc: there is no map then
  /// @calls     Hash's, KeyEqual's and Alloc's copies
  versioned_map() : versioned_map(map_options{}) {}
  explicit versioned_map(map_options options, const Hash& hash = {}, const KeyEqual& equality = {},
                         const Alloc& allocator = {})
      : core_(engine(hash, equality, options.seed), allocator, options.capacity, options.max_load_factor),
        living_(*this, options.name) {}
  explicit versioned_map(const Alloc& allocator) : versioned_map(map_options{}, Hash(), KeyEqual(), allocator) {}

  // ---- reading ---------------------------------------------------------------------------------------------------

  /// The value under `key` and its version: a copy where V can be copied, else an owning handle.
  ///
  /// @returns   both, of one instant; empty if there is no entry
  /// @sees      one instant between call and return
  /// @progress  never waits
  /// @cost      O(1) expected: two cache lines; writes nothing that others read or write
  /// @throws    what Hash, KeyEqual and V's copy throw: the map is untouched
  /// @calls     Hash once, KeyEqual, V's copy; none of them under a lock
  template <class Q = K>
    requires finds<Q>
  [[nodiscard]] found<versioned<V>> find(const Q& key) const {
    decltype(auto) sought = as_key(key);
    const epoch::guard protection(core_.reclaimer());
    return give(live_cell(sought));
  }

  /// Whether `key` has an entry.
  ///
  /// @returns   true if it has one
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; not under a lock
  template <class Q = K>
    requires finds<Q>
  [[nodiscard]] bool contains(const Q& key) const {
    decltype(auto) sought = as_key(key);
    const epoch::guard protection(core_.reclaimer());
    return !engine::is_empty(live_cell(sought));
  }

  /// An owning handle on the value under `key` and its version, without a copy.
  ///
  /// @returns   the handle; empty if there is no entry. It survives erase, replacement and the map, and never changes
  /// @sees      one instant between call and return
  /// @progress  as find
  /// @cost      as find; one count on the node, given back when the handle ends
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; not under a lock
  template <class Q = K>
    requires finds<Q>
  [[nodiscard]] pinned<versioned<V>> pin(const Q& key) const {
    decltype(auto) sought = as_key(key);
    const epoch::guard protection(core_.reclaimer());
    return pin_cell(live_cell(sought));
  }

  /// Calls `f` with the value under `key` and its version, a `const versioned<V>&` that is also read as `const V&`.
  ///
  /// @returns   true if there was an entry
  /// @sees      one instant between call and return, however long `f` takes
  /// @progress  as find
  /// @cost      as find; one count on the node, or a copy of a small plain value
  /// @throws    what `f`, Hash and KeyEqual throw
  /// @calls     `f` with no lock held; it may call any operation of this map
  template <class Q = K, class F>
    requires finds<Q> && std::is_invocable_v < F&, const versioned<V>
  & > bool visit(const Q& key, F&& f) const {
    const auto held = look(key);
    if (held.has_value()) f(*held);
    return held.has_value();
  }

  /// Calls `f(key, value)` for each entry; the value is a `const versioned<V>&`, also read as `const V&`.
  ///
  /// @returns   nothing; ends early when `f` returns false
  /// @sees      each entry that stays throughout exactly once, no key twice; each value with its own version; what is
  ///            changed meanwhile is seen before or after the change
  /// @progress  waits at most for blocks that are being moved, one at a time
  /// @cost      O(capacity); one count an entry
  /// @throws    what `f` throws, at once; std::bad_alloc: the map is untouched
  /// @calls     `f` with no lock held; it may call any operation of this map
  template <class F>
    requires std::is_invocable_v < F&, const K&, const versioned<V>
  & > [[gnu::always_inline]] void for_each(F&& f) const {
    each_record(platform::here(),
                [&](const K& key, const record& at) { return !at.is_live() || detail::goes_on(f, key, at.entry()); });
  }

  /// Finds many keys in one call, hiding the waits for memory behind each other.
  ///
  /// @returns   for each key, in order, what find gives for it
  /// @sees      for each key one instant between call and return; the instants may differ
  /// @progress  as find
  /// @cost      as find for each key, but up to 16 cache misses at a time; one allocation
  /// @throws    as find, std::bad_alloc: the map is untouched
  /// @calls     as find
  [[nodiscard]] std::vector<found<versioned<V>>> find(std::span<const K> keys) const {
    using probe_type = decltype(core_.engine().make_probe(keys[0]));
    std::vector<found<versioned<V>>> results;
    results.reserve(keys.size());
    epoch::guard protection(core_.reclaimer());
    for (std::size_t first = 0; first < keys.size(); first += bulk_keys) {
      const std::size_t count = keys.size() - first < bulk_keys ? keys.size() - first : bulk_keys;
      std::optional<probe_type> probes[bulk_keys];
      for (std::size_t i = 0; i < count; ++i) {
        probes[i].emplace(core_.engine().make_probe(keys[first + i]));
        concurrent::prefetch_entry(core_, *probes[i]);
      }
      for (std::size_t i = 0; i < count; ++i) results.push_back(give(live_only(protection, *probes[i])));
    }
    return results;
  }

  /// How many entries there are; remembered deletions do not count.
  ///
  /// @returns   the number
  /// @sees      exact when nobody writes; else it has some of the changes that run meanwhile
  /// @progress  wait-free
  /// @cost      O(processors)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] size_type size() const noexcept {
    const size_type records = core_.size();
    const size_type deleted = deletions();
    return records > deleted ? records - deleted : 0;
  }

  /// How many deletions from outside are remembered.
  ///
  /// @returns   the number
  /// @sees      as size
  /// @progress  wait-free
  /// @cost      O(processors)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] size_type deletions() const noexcept {
    const std::int64_t sum = deletions_.sum();
    return sum > 0 ? static_cast<size_type>(sum) : 0;
  }

  /// What the map says about itself.
  ///
  /// @returns   entries, capacity, bytes in use, tables, and what shows a bad hash (`spilled`)
  /// @sees      each figure exact when nobody writes
  /// @progress  lock-free
  /// @cost      O(processors)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] map_statistics stats() const {
    map_statistics figures = core_.statistics();
    figures.entries = size();
    figures.add_own(sizeof(*this) + flights_.allocated_bytes() + floors_.memory_bytes() + deletions_.memory_bytes());
    return figures;
  }

  // ---- writing against a version ---------------------------------------------------------------------------------

  /// Creates the entry of `key` with its first version, if there is none.
  ///
  /// @returns   accepted with the first version; refused with what is there already, `value` is then untouched if V can
  ///            be moved back
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  may wait for a writer of the same line or for one block that is being moved; never for a whole table
  /// @cost      O(1) expected; at most one allocation
  /// @throws    what Hash, KeyEqual, the copies of K and V and V's constructor throw, std::bad_alloc: the map is as before
  /// @calls     Hash once, V's constructor once with no lock held; KeyEqual, also under the line's lock: it must not
  ///            change this map (detected)
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] update_result<V> insert(const Q& key, W&& value) {
    return put_at(platform::here(), key, no_version, std::forward<W>(value));
  }

  /// As insert, with a value made of `args`.
  ///
  /// @returns   accepted with the first version; refused with what is there already
  /// @sees      as insert
  /// @progress  as insert
  /// @cost      as insert
  /// @throws    as insert
  /// @calls     as insert
  template <class Q = K, class... Args>
    requires finds<Q> && std::is_constructible_v<V, Args&&...>
  [[gnu::always_inline]] update_result<V> try_emplace(const Q& key, Args&&... args) {
    return put_at(platform::here(), key, no_version, std::forward<Args>(args)...);
  }

  /// Gives `key` the value `desired` if its version is `expected`; with no_version: creates it if there is none.
  ///
  /// @returns   accepted with the next version; refused with the present version and value; absent if the key is gone.
  ///            Unless accepted, `desired` is untouched if V can be moved back
  /// @sees      one instant between call and return; nothing came between `expected` and the new version
  /// @progress  lock-free, or waits for a block that is being moved; creating: as insert
  /// @cost      O(1) expected; at most one allocation
  /// @throws    as insert
  /// @calls     as insert
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[nodiscard, gnu::always_inline]] update_result<V> update(const Q& key, entry_version expected, W&& desired) {
    return put_at(platform::here(), key, expected, std::forward<W>(desired));
  }

  /// Lets `f` decide on what is there, with no lock, and carries it out if nobody was faster; else asks it again.
  ///
  /// @returns   what became of the entry, its version, and how often `f` had to be asked again
  /// @sees      one instant between call and return; nothing came between what `f` saw last and what it decided
  /// @progress  lock-free but for `f`: it is asked again only because another writer of the same key succeeded
  /// @cost      as find and update for each time that `f` is asked
  /// @throws    what `f` throws: the map is as before; as update besides
  /// @calls     `f` with no lock held, with a `const versioned<V>*` or null. It returns decision<V>, V or
  ///            std::optional<V>; it may call any operation of this map
  template <class Q = K, class F>
    requires finds<Q> && std::is_invocable_v < F&, const versioned<V>
  * > [[gnu::always_inline]] optimistic_result update(const Q& key, F&& f) {
    return update_by(platform::here(), key, f);
  }

  /// Removes the entry of `key` if its version is `expected`. Should the key come back, its versions go on above it.
  ///
  /// @returns   accepted; refused with the present version and value; absent if there is no entry
  /// @sees      one instant between call and return
  /// @progress  as update
  /// @cost      O(1) expected; the node is freed when no reader can see it any more
  /// @throws    what Hash and KeyEqual throw, and what V's copy throws for who is refused: the map is as before
  /// @calls     Hash once, KeyEqual; V's destructor later, with no lock held
  template <class Q = K>
    requires finds<Q>
  [[nodiscard, gnu::always_inline]] update_result<V> erase(const Q& key, entry_version expected) {
    return erase_at(platform::here(), key, expected);
  }

  /// The value under `key`, made by `f` if there is none. Of several callers for one absent key one runs its `f`.
  ///
  /// @returns   what find gives; empty only if `f` returned an empty std::optional<V>
  /// @sees      one instant between call and return; who waited sees all that the computing thread wrote
  /// @progress  waits for the `f` of another thread for the same key; never for another key's
  /// @cost      a find if the key is there; else a find, `f`, an insertion
  /// @throws    what `f` throws: nothing is stored then; what V's move throws while the value is handed out: it is stored;
  ///            reentrant_call with both places if the wait would wait for itself
  /// @calls     `f` with no lock held; as find and insert besides
  template <class Q = K, class F>
    requires finds<Q> && std::is_copy_constructible_v<K> && std::is_move_constructible_v<V>
  [[gnu::always_inline]] found<versioned<V>> load_or_compute(const Q& key, F&& f) {
    return mixin::load_or_compute(key, [&f]() -> std::optional<versioned<V>> {
      std::optional<V> made = detail::to_loaded<V>(f());
      if (!made.has_value()) return std::nullopt;
      return std::optional<versioned<V>>(versioned<V>{std::move(*made), no_version});
    });
  }

  /// Removes each entry that `predicate(key, value)` accepts and whose version is still the one that it saw.
  ///
  /// @returns   how many it removed
  /// @sees      for each entry one instant; as for_each
  /// @progress  as for_each and erase
  /// @cost      O(capacity)
  /// @throws    what `predicate` throws, std::bad_alloc: what was removed stays removed
  /// @calls     `predicate` with no lock held; it may call any operation of this map
  template <class P>
    requires std::is_invocable_r_v < bool, P&, const K&, const versioned<V>
  & > [[gnu::always_inline]] size_type erase_if(P&& predicate) {
    return erase_each(platform::here(), [&](const K& key, const record& at) {
      return at.is_live() && static_cast<bool>(predicate(key, at.entry()));
    });
  }

  /// Removes every entry, whatever its version, and every remembered deletion. Not one instant: keys that others insert
  /// meanwhile may stay. Versions of keys that come back go on above.
  ///
  /// @returns   nothing
  /// @sees      for each entry one instant between call and return
  /// @progress  as erase_if
  /// @cost      O(capacity); the table shrinks
  /// @throws    std::bad_alloc: what was removed stays removed
  /// @calls     V's destructor, with no lock held
  [[gnu::always_inline]] void clear() { clear_at(platform::here()); }

  // ---- versions from outside -------------------------------------------------------------------------------------

  /// Takes `value` over from outside, where it has `version`, if that is newer than what is known of the key.
  ///
  /// @returns   applied, or not_newer: the same or a later version is there, or its deletion is remembered
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  as insert
  /// @cost      as insert
  /// @throws    as insert; error(errc::version_out_of_range) for a version that is 0 or above 2^63 - 1
  /// @calls     as insert
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] application apply(const Q& key, W&& value, entry_version version) {
    return apply_at(platform::here(), key, version, std::in_place, std::forward<W>(value));
  }

  /// Takes over from outside that `key` was deleted at `version`, and remembers it, also for a key that is not there.
  ///
  /// @returns   applied, or not_newer
  /// @sees      one instant between call and return
  /// @progress  as apply
  /// @cost      as apply; the deletion takes a node without a value until it is forgotten
  /// @throws    as apply
  /// @calls     Hash, KeyEqual, K's copy, as insert
  template <class Q = K>
    requires finds<Q>
  [[gnu::always_inline]] application apply_erase(const Q& key, entry_version version) {
    return apply_at(platform::here(), key, version, detail::deletion_t());
  }

  /// Forgets the deletions up to and with `through`. An older event that comes after that is taken for a new one: forget
  /// what can no longer come, the version that the stream of events has reached.
  ///
  /// @returns   how many it forgot
  /// @sees      for each deletion one instant between call and return
  /// @progress  as erase_if
  /// @cost      O(capacity), unless there is nothing to forget
  /// @throws    std::bad_alloc: what was forgotten stays forgotten
  /// @calls     Hash and KeyEqual
  [[gnu::always_inline]] size_type forget_deletions(entry_version through) {
    const place here = platform::here();
    critical_scope::refuse_reentry(&core_, here);
    if (deletions() == 0) return 0;
    return erase_each(here, [&](const K&, const record& at) { return !at.is_live() && at.version() <= through; });
  }

  // ---- room and parts --------------------------------------------------------------------------------------------

  /// Makes room for `entries` in all, so that they come without growing step by step.
  ///
  /// @returns   nothing
  /// @sees      nothing changes but the room
  /// @progress  waits for blocks that others are moving; others go on
  /// @cost      O(capacity)
  /// @throws    std::bad_alloc, error(errc::capacity): the map is then as before
  /// @calls     no user code
  [[gnu::always_inline]] void reserve(size_type entries) {
    critical_scope::refuse_reentry(&core_, platform::here());
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.reserve(entries);
  }

  /// Gives back room that the entries do not need, reserved or left by those that were erased. Others go on meanwhile.
  ///
  /// @returns   how many bytes were given back; what readers still see follows when they have ended
  /// @sees      nothing changes but the room
  /// @progress  waits for blocks that others are moving; others go on
  /// @cost      O(capacity)
  /// @throws    std::bad_alloc, reentrant_call: no entry is changed
  /// @calls     no user code
  [[gnu::always_inline]] size_type shrink_to_fit() {
    critical_scope::refuse_reentry(&core_, platform::here());
    const size_type before = core_.statistics().bytes;
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.fit();
    const size_type after = core_.statistics().bytes;
    return before > after ? before - after : 0;
  }

  /// The hash, with this map's secret if it is seeded.
  ///
  /// @returns   a copy
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     Hash's copy
  [[nodiscard]] hasher hash_function() const { return core_.engine().hash_function(); }

  /// The allocator.
  ///
  /// @returns   a copy
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     Alloc's copy
  [[nodiscard]] allocator_type get_allocator() const { return core_.allocator(); }

 private:
  friend class living;
  friend struct detail::list_access;
  static constexpr std::size_t bulk_keys = 16;
  static constexpr std::uint64_t last_outside_version = ~std::uint64_t{0} >> 1;

  template <class Q>
  static decltype(auto) as_key(const Q& key) {
    if constexpr (lookup_key<Q, K, Hash, KeyEqual>) {
      return (key);
    } else {
      return static_cast<K>(key);
    }
  }

  // ---- reading; the caller holds a guard ----
  /// The cell of a live entry, or the empty one.
  template <class Probe>
  [[nodiscard]] cell live_only(epoch::guard& protection, const Probe& probe) const {
    const auto seen = concurrent::find_entry(core_, protection, probe);
    return seen.found && engine::shown(seen.cell).is_live() ? seen.cell : engine::empty_cell();
  }
  template <class Q>
  [[nodiscard]] cell live_cell(const Q& key) const {
    epoch::guard protection(core_.reclaimer());
    return live_only(protection, core_.engine().make_probe(key));
  }
  [[nodiscard]] static pinned<versioned<V>> pin_cell(cell live) noexcept {
    if (engine::is_empty(live)) return {};
    auto* const node = live.template node<typename engine::node_type>();
    node->add_reference();
    return pinned<versioned<V>>(&node->value().entry(), node, &engine::node_type::release);
  }
  [[nodiscard]] static found<versioned<V>> give(cell live) {
    if constexpr (std::is_copy_constructible_v<V>) {
      if (engine::is_empty(live)) return {};
      return found<versioned<V>>(std::in_place, engine::shown(live).entry());
    } else {
      return pin_cell(live);
    }
  }
  /// The cheaper of a copy and a handle.
  template <class Q>
  [[nodiscard]] auto look(const Q& key) const {
    if constexpr (is_small) {
      return find(key);
    } else {
      return pin(key);
    }
  }

  template <class F>
  void each_record(place here, F f) const {
    critical_scope::refuse_reentry(&core_, here);
    concurrent::for_each_kept(core_, [&](const auto& entry) {
      const K& key = entry.key();
      return static_cast<bool>(f(key, entry.value()));
    });
  }

  // ---- writing ----
  /// Refused or absent: what the last look of a write saw.
  [[nodiscard]] static update_result<V> not_accepted(const record* now, cell seen) {
    if (now == nullptr || !now->is_live()) return {acceptance::absent, no_version, {}};
    return {acceptance::refused, now->version(), give(seen)};
  }
  [[nodiscard]] static entry_version version_of(const record* now) noexcept {
    return now == nullptr || !now->is_live() ? no_version : now->version();
  }

  template <class Q, class... Args>
  update_result<V> put_at(place here, const Q& key, entry_version expected, Args&&... args) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    write<std::remove_cvref_t<decltype(sought)>> own(core_, floors_, deletions_, here, sought);
    const record* last = nullptr;
    const auto ended = own.run(
        no_version, then::may_shrink,
        [&](const record* now) {
          last = now;
          return version_of(now) == expected ? wish::put : wish::leave;
        },
        [&](auto& draft) { draft.emplace(std::in_place, std::forward<Args>(args)...); });
    if (ended == written::put) return {acceptance::accepted, own.version(), {}};
    if constexpr (sizeof...(Args) == 1 && (std::is_same_v<Args&&, V&&> && ...) && std::is_move_assignable_v<V>) {
      (own.give_back(args), ...);
    }
    return not_accepted(last, own.seen());
  }

  template <class Q>
  update_result<V> erase_at(place here, const Q& key, entry_version expected) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    write<std::remove_cvref_t<decltype(sought)>> own(core_, floors_, deletions_, here, sought);
    const record* last = nullptr;
    const auto ended = own.run(
        no_version, then::may_shrink,
        [&](const record* now) {
          last = now;
          const entry_version present = version_of(now);
          return present != no_version && present == expected ? wish::remove : wish::leave;
        },
        [](auto&) {});
    if (ended == written::removed) return {acceptance::accepted, expected, {}};
    return not_accepted(last, own.seen());
  }

  template <class Q, class F>
  optimistic_result update_by(place here, const Q& key, F& f) {
    using kind = typename decision<V>::kind;
    critical_scope::refuse_reentry(&core_, here);
    spin_wait spin;
    for (std::size_t retries = 0;; ++retries, spin.once()) {
      const auto seen = look(key);
      const versioned<V>* const now = seen.has_value() ? &*seen : nullptr;
      const entry_version version = now == nullptr ? no_version : now->version;
      decision<V> decided = detail::to_decision<V>(f(now));
      switch (decided.what()) {
        case kind::kept: return {now == nullptr ? computed::absent : computed::kept, version, retries};
        case kind::assigned: {
          const auto put = put_at(here, key, version, std::move(decided.value()));
          if (!put.accepted()) break;
          return {now == nullptr ? computed::inserted : computed::assigned, put.version, retries};
        }
        case kind::erased:
          if (now == nullptr) return {computed::absent, no_version, retries};
          if (!erase_at(here, key, version).accepted()) break;
          return {computed::erased, version, retries};
      }
    }
  }

  template <class Q, class... What>
  application apply_at(place here, const Q& key, entry_version version, What&&... what) {
    if (version == no_version || version.number > last_outside_version) {
      throw error(errc::version_out_of_range,
                  "portolan: a version from outside is 1 to 2^63 - 1; give apply the number of the event");
    }
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    write<std::remove_cvref_t<decltype(sought)>> own(core_, floors_, deletions_, here, sought);
    const auto ended = own.run(
        version, then::may_shrink,
        [&](const record* now) { return now == nullptr || now->version() < version ? wish::put : wish::leave; },
        [&](auto& draft) { draft.emplace(std::forward<What>(what)...); });
    return ended == written::put ? application::applied : application::not_newer;
  }

  /// Removes the records that `chosen` accepts and that are still there as it saw them.
  template <class P>
  size_type erase_each(place here, P chosen) {
    size_type erased = 0;
    each_record(here, [&](const K& key, const record& at) {
      if (!chosen(key, at)) return true;
      const auto same = [&](const record* now) {
        return now != nullptr && now->version() == at.version() && now->is_live() == at.is_live();
      };
      if (remove_if(here, key, same)) ++erased;
      return true;
    });
    shrink();
    return erased;
  }
  void clear_at(place here) {
    critical_scope::refuse_reentry(&core_, here);
    core_.forget_reserved_room();
    each_record(here, [&](const K& key, const record&) {
      remove_if(here, key, [](const record* now) { return now != nullptr; });
      return true;
    });
    shrink();
  }
  template <class P>
  bool remove_if(place here, const K& key, P goes) {
    write<K> own(core_, floors_, deletions_, here, key);
    const auto ended = own.run(
        no_version, then::stays, [&](const record* now) { return goes(now) ? wish::remove : wish::leave; },
        [](auto&) {});
    return ended == written::removed;
  }
  void shrink() {
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.shrink_to_fit();
  }

  // ---- for load_or_compute (mixin.hpp) ----
  [[nodiscard]] found<versioned<V>> find_at(const auto& key, place) const { return find(key); }
  [[nodiscard]] found<versioned<V>> keep_or_put(const K& key, versioned<V>&& made, place here) {
    critical_scope::refuse_reentry(&core_, here);
    write<K> own(core_, floors_, deletions_, here, key);
    found<versioned<V>> result;
    bool present = false;
    const auto ended = own.run(
        no_version, then::may_shrink,
        [&](const record* now) {
          present = version_of(now) != no_version;
          return present ? wish::leave : wish::put;
        },
        [&](auto& draft) {
          draft.emplace(std::in_place, std::move(made.value));
          result = give(draft.word());
        });
    if (ended == written::left) return give(own.seen());
    if constexpr (std::is_copy_constructible_v<V>) result->version = own.version();
    return result;
  }
  [[nodiscard]] const void* section_owner() const noexcept { return &core_; }
  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const K& key) const { return core_.engine().make_probe(key).hash; }
  [[nodiscard]] bool same_key(const K& a, const K& b) const { return core_.engine().key_eq()(a, b); }

  // ---- for fork (base/living.hpp) ----
  [[nodiscard]] bool try_lock_for_fork() noexcept { return core_.try_lock_for_fork(flights_); }
  void unlock_in_parent() noexcept { core_.unlock_in_parent(flights_); }
  void unlock_in_child() noexcept { core_.unlock_in_child(flights_); }

  mutable core_type core_;
  detail::version_floors floors_;
  striped_counter deletions_;
  mutable detail::flight_board flights_;
  static constexpr const char* living_type = "versioned_map";
  living living_;
};

}  // namespace portolan
