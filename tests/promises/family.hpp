// The maps on which every promise is kept: one struct a map, one line in a list.
//
//   family    how to name a map's type from K, V, Hash, KeyEqual, Alloc
//   kind      a kind of key, value or hash (kinds.hpp)
//   subject   family × kinds: the map type under test, and how to make and read its keys and values
//
// A promise's test is a TYPED_TEST over `subjects<...>`. `where<predicate, list>` leaves out the maps whose type
// does not offer what the promise is about; a promise is never skipped at run time.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <gtest/gtest.h>

#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "kinds.hpp"
#include "versioned_words.hpp"

namespace promises {

struct plain {
  static constexpr const char* name = "plain_map";
  static constexpr bool shared = false;      // several threads may use it
  static constexpr bool shrinks = false;     // memory follows the number of entries down without clear()
  static constexpr bool stays_small = true;  // 8 entries take 1 KiB at most, 100 entries 8 KiB
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::plain_map<K, V, Hash, Equal, Alloc>;
};

struct guarded {
  static constexpr const char* name = "guarded_map";
  static constexpr bool shared = true;
  static constexpr bool shrinks = false;  // std::unordered_map keeps its buckets
  static constexpr bool stays_small = true;
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::guarded_map<std::unordered_map<K, V, Hash, Equal, Alloc>, portolan::shared_mutex>;
};

struct sharded {
  static constexpr const char* name = "sharded_map";
  static constexpr bool shared = true;
  static constexpr bool shrinks = false;
  static constexpr bool stays_small = false;  // every shard that holds an entry has a table of its own
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::sharded_map<std::unordered_map<K, V, Hash, Equal, Alloc>, portolan::mutex>;
};

/// The default: entries of two small words in the line, everything else in nodes; epochs.
struct concurrent {
  static constexpr const char* name = "concurrent_map";
  static constexpr bool replaces_nodes = true;  // an assigned value that is no small word comes in a node of its own
  static constexpr bool shared = true;
  static constexpr bool shrinks = true;
  static constexpr bool stays_small = true;
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::concurrent_map<K, V, Hash, Equal, Alloc>;
};
/// Entries in the line with 8-byte atomics only, as processors without a 16-byte load do it.
struct concurrent_portable : concurrent {
  static constexpr const char* name = "concurrent_map_portable";
  static constexpr bool of_small_entries = true;  // larger ones stand in nodes, as in the default
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::concurrent_map<K, V, Hash, Equal, Alloc, portolan::epoch, portolan::portable_storage>;
};
/// A node for each entry, reclaimed by hazard pointers.
struct concurrent_hazard : concurrent {
  static constexpr const char* name = "concurrent_map_nodes_hazard";
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::concurrent_map<K, V, Hash, Equal, Alloc, portolan::hazard, portolan::node_storage>;
};

/// Split-ordered list; epochs.
struct lock_free {
  static constexpr const char* name = "lock_free_map";
  static constexpr bool replaces_nodes = true;
  static constexpr bool shared = true;
  static constexpr bool shrinks = false;
  static constexpr bool stays_small = true;
  static constexpr bool keeps_buckets = true;  // also after clear(): 24 bytes for every one or two entries there were
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::lock_free_map<K, V, Hash, Equal, Alloc>;
};
/// The same by hazard pointers; tried where threads meet.
struct lock_free_hazard : lock_free {
  static constexpr const char* name = "lock_free_map_hazard";
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::lock_free_map<K, V, Hash, Equal, Alloc, portolan::hazard>;
};

struct sync {
  static constexpr const char* name = "sync_map";
  static constexpr bool shared = true;
  static constexpr bool shrinks = false;
  static constexpr bool stays_small = true;
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::sync_map<K, V, Hash, Equal, Alloc>;
};

struct snapshot {
  static constexpr const char* name = "snapshot_map";
  static constexpr bool shared = true;
  static constexpr bool shrinks = true;
  static constexpr bool stays_small = true;
  static constexpr bool copies = true;  // each write copies the map: a large one is not built entry by entry
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = portolan::snapshot_map<K, V, Hash, Equal, Alloc>;
};

/// Through the words of versioned_words.hpp.
struct versioned {
  static constexpr const char* name = "versioned_map";
  static constexpr bool replaces_nodes = true;  // another value is another node
  static constexpr bool shared = true;
  static constexpr bool shrinks = true;
  static constexpr bool stays_small = false;  // each entry is a node and carries its version: 8 take 1,120 bytes
  static constexpr bool optimistic = true;    // compute's callable runs with no lock: it may call anything
  template <class K, class V, class Hash, class Equal, class Alloc>
  using map = versioned_words<K, V, Hash, Equal, Alloc>;
};

using every_family = testing::Types<plain, concurrent, concurrent_portable, concurrent_hazard, lock_free, sync, guarded,
                                    sharded, snapshot, versioned>;
/// Every map once, for promises that do not depend on how its entries lie and who frees them.
using one_of_each = testing::Types<plain, concurrent, lock_free, sync, guarded, sharded, snapshot, versioned>;
/// Families whose machinery depends on the kind of key and value.
using families_by_kind = testing::Types<concurrent>;
/// Families with a table of their own, which a bad hash may hurt in its own way.
using families_with_tables = testing::Types<plain, concurrent, concurrent_portable, concurrent_hazard, lock_free>;

/// A family member with its keys, values and hash.
template <class Family, class Key = number, class Value = number, class Mix = good_hash>
struct subject {
  using family = Family;
  using key_kind = Key;
  using value_kind = Value;
  using key = typename Key::type;
  using value = typename Value::type;
  using hash = typename Mix::template of<key>;
  template <class Alloc>
  using map_with = typename Family::template map<key, value, hash, portolan::equal<key>, Alloc>;
  using map = map_with<std::allocator<std::pair<const key, value>>>;

  static key key_of(std::uint64_t number) { return Key::make(number); }
  static value value_of(std::uint64_t number) { return Value::make(number); }
  static std::uint64_t number_of(const value& made) { return Value::read(made); }
  static std::string name() {
    std::string words = Family::name;
    if (!std::is_same_v<Key, number>) words.append("_by_").append(Key::name);
    if (!std::is_same_v<Value, number>) words.append("_of_").append(Value::name);
    if (!std::is_same_v<Mix, good_hash>) words.append("_with_").append(Mix::name);
    return words;
  }
};

/// As many as a test wants, or a twentieth where every write copies the map.
template <class Family>
constexpr std::uint64_t amount(std::uint64_t wanted) {
  if constexpr (requires { Family::copies; }) {
    return wanted < 20 ? wanted : wanted / 20;
  } else {
    return wanted;
  }
}

/// How gtest writes a subject: `handles/concurrent_map_of_text.…`.
struct subject_names {
  template <class Subject>
  static std::string GetName(int) {
    return Subject::name();
  }
};

namespace detail {
template <class... Lists>
struct joined;
template <class... A>
struct joined<testing::Types<A...>> {
  using type = testing::Types<A...>;
};
template <class... A, class... B, class... Rest>
struct joined<testing::Types<A...>, testing::Types<B...>, Rest...> {
  using type = typename joined<testing::Types<A..., B...>, Rest...>::type;
};

template <template <class> class Predicate, class List>
struct filtered;
template <template <class> class Predicate, class... A>
struct filtered<Predicate, testing::Types<A...>> {
  using type = typename joined<testing::Types<>,
                               std::conditional_t<Predicate<A>::value, testing::Types<A>, testing::Types<>>...>::type;
};

template <class T>
concept small_word = sizeof(T) <= 8 && std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T>;
/// A family that differs from another for small entries only is not tried with larger ones.
template <class Family, class Key, class Value>
concept differs = !requires {
  Family::of_small_entries;
}
|| (small_word<typename Key::type> && small_word<typename Value::type>);

template <class List, class Key, class Value, class Mix>
struct subjects_of;
template <class... A, class Key, class Value, class Mix>
struct subjects_of<testing::Types<A...>, Key, Value, Mix> {
  using type = typename joined<testing::Types<>,
                               std::conditional_t<differs<A, Key, Value>, testing::Types<subject<A, Key, Value, Mix>>,
                                                  testing::Types<>>...>::type;
};
}  // namespace detail

template <class... Lists>
using join = typename detail::joined<Lists...>::type;

/// The members of a list for which `Predicate<member>::value` holds.
template <template <class> class Predicate, class List>
using where = typename detail::filtered<Predicate, List>::type;

/// Every map of a list of families with the given kinds.
template <class Families, class Key = number, class Value = number, class Mix = good_hash>
using subjects = typename detail::subjects_of<Families, Key, Value, Mix>::type;

template <class Family>
using is_shared = std::bool_constant<Family::shared>;
using shared_families = where<is_shared, every_family>;

/// Every map once, and once more with strings where the machinery depends on that.
using every_map = join<subjects<every_family>, subjects<families_by_kind, text, text>>;
using each_map = join<subjects<one_of_each>, subjects<families_by_kind, text, text>>;
using every_shared_map =
    join<subjects<shared_families>, subjects<families_by_kind, text, text>, subjects<testing::Types<lock_free_hazard>>>;

/// Makes room where the map's type offers that.
template <class M>
void make_room(M& map, std::size_t entries) {
  if constexpr (requires { map.reserve(entries); }) map.reserve(entries);
}

// What a map's type offers.
template <class M>
concept offers_find = requires(const M& map, const typename M::key_type& key) {
  map.find(key);
};
template <class M>
concept offers_visit = requires(const M& map, const typename M::key_type& key) {
  map.visit(key, [](const typename M::mapped_type&) {});
};
template <class M>
concept offers_for_each = requires(const M& map) {
  map.for_each([](const typename M::key_type&, const typename M::mapped_type&) {});
};
template <class M>
concept offers_pin = requires(const M& map, const typename M::key_type& key) {
  map.pin(key);
};
template <class M>
concept offers_snapshot = requires(const M& map) {
  map.snapshot();
};
template <class M>
concept offers_exchange = requires(M& map, const typename M::key_type& key, typename M::mapped_type value) {
  map.exchange(key, std::move(value));
};
template <class M>
concept offers_extract = requires(M& map, const typename M::key_type& key) {
  map.extract(key);
};
template <class M>
concept offers_compare_exchange = requires(M& map, const typename M::key_type& key, const typename M::mapped_type& old,
                                           typename M::mapped_type value) {
  map.compare_exchange(key, old, std::move(value));
};
template <class M>
concept offers_compare_erase = requires(M& map, const typename M::key_type& key, const typename M::mapped_type& old) {
  map.compare_erase(key, old);
};
template <class M>
concept offers_compute = requires(M& map, const typename M::key_type& key) {
  map.compute(
      key, [](const typename M::mapped_type*) { return portolan::decision<typename M::mapped_type>(portolan::keep); });
};
template <class M>
concept offers_load_or_compute = requires(M& map, const typename M::key_type& key) {
  map.load_or_compute(key, []() -> typename M::mapped_type { throw 0; });
};
template <class M>
concept offers_erase_if = requires(M& map) {
  map.erase_if([](const typename M::key_type&, const typename M::mapped_type&) { return true; });
};

template <class Subject>
using can_find = std::bool_constant<offers_find<typename Subject::map>>;
template <class Subject>
using can_pin = std::bool_constant<offers_pin<typename Subject::map>>;
template <class Subject>
using can_compute = std::bool_constant<offers_compute<typename Subject::map>>;
/// compute alone with the entry, under a lock that its callable can meet again.
template <class Subject>
using can_compute_alone = std::bool_constant < offers_compute<typename Subject::map> && !requires {
  Subject::family::optimistic;
}
> ;
template <class Subject>
using can_load_or_compute = std::bool_constant<offers_load_or_compute<typename Subject::map>>;
template <class Subject>
using can_walk = std::bool_constant<offers_for_each<typename Subject::map>>;

/// Whether find gives V itself, not V with a version.
template <class Subject>
using gives_values = std::is_same<decltype(std::declval<const typename Subject::map&>().find(
                                      std::declval<const typename Subject::key&>())),
                                  portolan::found<typename Subject::value>>;

/// What the map says is under a key, as the number that the value was made of; nothing if there is nothing.
template <class Subject>
std::optional<std::uint64_t> number_at(const typename Subject::map& map, const typename Subject::key& key) {
  if constexpr (offers_find<typename Subject::map>) {
    const auto found = map.find(key);
    return found ? std::optional(Subject::number_of(*found)) : std::nullopt;
  } else {
    std::optional<std::uint64_t> number;
    if constexpr (offers_visit<typename Subject::map>) {
      map.visit(key, [&](const auto& value) { number = Subject::number_of(value); });
    } else {
      static_assert(offers_compute<typename Subject::map>, "no way to look at a value");
      const_cast<typename Subject::map&>(map).compute(key, [&](const auto* now) {
        if (now != nullptr) number = Subject::number_of(*now);
        return portolan::decision<typename Subject::value>(portolan::keep);
      });
    }
    return number;
  }
}

}  // namespace promises
