// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map into a stream and back: after a restart, to another machine, from one kind of map to another.
//
//   dump(map, out) ─ for_each ─ codec<K>, codec<V> ─ blocks of 64 KiB, each with its checksum ─► out
//   load(map, in)  ─ every block checked, every entry decoded aside ─ then, and only then ─► map
//
// 1. A dump is as consistent as for_each of the map is; writers go on. It needs a block's memory, not the map's.
// 2. load is all or nothing: a dump that is damaged anywhere, ends early or holds other types changes no entry. It
//    decodes aside, in memory of its own, because a stream cannot be trusted to be read twice.
// 3. What the map holds already is never lost: load adds to it, and says what becomes of keys that are in both.
//
// The bytes: docs/algorithms/dump_format.md. How to use it: docs/guide/dump_and_load.md. The cost of the header is its
// own: no map includes it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/map/dump/codec.hpp>
#include <portolan/map/dump/stream.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan {

/// What a dump came to.
struct dumped {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// What load does with an entry whose key the map has already: leave the map's value, or put the dump's in its place.
enum class when_present : std::uint8_t { stay, replace };

/// What became of a dump's entries; an entry is counted once.
struct loaded {
  std::size_t inserted = 0;  ///< the key was new
  std::size_t assigned = 0;  ///< the key was there and took the dump's value (when_present::replace)
  std::size_t kept = 0;      ///< the key was there and kept its value (when_present::stay)
};

namespace detail {

template <class Map>
concept dumpable_map = requires(const Map& map,
                                void (*f)(const typename Map::key_type&, const typename Map::mapped_type&)) {
  map.for_each(f);
};

/// The name of a map's types, as the header of a dump holds it.
template <class K, class V>
[[nodiscard]] std::string dump_types() {
  std::string name;
  codec<K>::describe(name);
  name += " -> ";
  codec<V>::describe(name);
  return name;
}

/// The entries of a dump put into a map, all or none.
template <class Map>
class loading {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  // A value that can be copied and compared is taken back only while it is still the one that was put there.
  static constexpr bool takes_back_its_own = std::copy_constructible<V> && requires(Map & map, const K& k, const V& v) {
    map.compare_erase(k, v);
  };

 public:
  loading(Map& map, when_present policy) noexcept : map_(map), policy_(policy) {}
  loading(const loading&) = delete;
  loading& operator=(const loading&) = delete;

  void read(std::istream& in) {
    dump_reader reader(in, dump_types<K, V>());
    while (reader.next_entry()) {
      K key = reader.entry().template get<K>();
      entries_.emplace_back(std::move(key), reader.entry().template get<V>());
    }
  }

  [[nodiscard]] loaded put() {
    if constexpr (requires { typename Map::draft; }) {
      return map_.update([&](typename Map::draft& next) { return put_into(next); });
    } else {
      if constexpr (requires { map_.reserve(entries_.size()); }) map_.reserve(map_.size() + entries_.size());
      before_.reserve(policy_ == when_present::replace ? entries_.size() : 0);
      inserted_.reserve(entries_.size());
      try {
        return put_into(map_);
      } catch (...) {
        take_back();
        throw;
      }
    }
  }

 private:
  template <class Into>
  [[nodiscard]] loaded put_into(Into& into) {
    loaded result;
    for (at_ = 0; at_ < entries_.size(); ++at_) {
      auto& [key, value] = entries_[at_];
      switch (policy_) {
        case when_present::stay: keep(into, key, value) ? ++result.inserted : ++result.kept; break;
        case when_present::replace: assign(into, key, value) ? ++result.inserted : ++result.assigned; break;
      }
    }
    return result;
  }

  template <class Into>
  [[nodiscard]] bool keep(Into& into, const K& key, V& value) {
    bool inserted = false;
    if constexpr (takes_back_its_own) {
      inserted = into.insert(key, std::as_const(value));
    } else {
      inserted = into.insert(key, std::move(value));
    }
    if constexpr (std::same_as<Into, Map>) inserted_.push_back(inserted);
    return inserted;
  }

  template <class Into>
  [[nodiscard]] bool assign(Into& into, const K& key, V& value) {
    if constexpr (std::same_as<Into, Map>) {
      static_assert(
          std::copy_constructible<V>,
          "Portolan: load(…, when_present::replace) must be able to copy values, to put them back if it fails; "
          "load with when_present::stay");
      before_.push_back(into.exchange(key, std::as_const(value)));
      inserted_.push_back(!before_.back().has_value());
      return inserted_.back();
    } else {
      return into.insert_or_assign(key, std::move(value)) == assignment::inserted;
    }
  }

  // Backwards, so that a key that was there twice ends as it was.
  void take_back() noexcept {
    for (std::size_t i = inserted_.size(); i-- > 0;) {
      auto& [key, value] = entries_[i];
      try {
        if (inserted_[i]) {
          take_out(key, value);
        } else if (i < before_.size() && before_[i].has_value()) {
          if constexpr (std::copy_constructible<V>) map_.insert_or_assign(key, *before_[i]);
        }
      } catch (...) {
        // What cannot even be erased or put back stays as the dump has it.
      }
    }
  }
  void take_out(const K& key, [[maybe_unused]] const V& value) {
    if constexpr (takes_back_its_own) {
      map_.compare_erase(key, value);
    } else {
      map_.erase(key);
    }
  }

  Map& map_;
  const when_present policy_;
  std::vector<std::pair<K, V>> entries_;
  std::vector<bool> inserted_;
  std::vector<found<V>> before_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// Writes all entries of `map` to `out`, a stream in binary mode, so that load finds them again. Views and listings that
/// have for_each can be dumped like maps.
///
/// @returns   how many entries and bytes the dump has
/// @sees      what for_each of the map sees: one instant for snapshot_map, guarded_map and views; else an entry that
///            stays is in it, no key twice, and what changes meanwhile is in it or not
/// @progress  as for_each; the stream is written with no lock held
/// @cost      O(n); a block of 64 KiB, and what for_each needs
/// @throws    dump_error: errc::dump_stream if the stream fails, errc::capacity for an entry above 4 GiB; what the stream
///            and the codecs throw, std::bad_alloc. The map is untouched; what stands in the stream is refused by load
/// @calls     the codecs of K and V with no lock held
template <class Map>
  requires detail::dumpable_map<Map> dumped dump(const Map& map, std::ostream& out) {
    using K = typename Map::key_type;
    using V = typename Map::mapped_type;
    dump_writer writer(out, detail::dump_types<K, V>());
    map.for_each([&](const K& key, const V& value) {
      writer.entry().put(key);
      writer.entry().put(value);
      writer.end_entry();
    });
    writer.finish();
    return {writer.entries(), writer.bytes()};
  }

/// Puts the entries of a dump into `map`, beside what it holds: all of them, or none if anything is wrong with the dump.
/// It may come from another kind of map with the same types of keys and values.
///
/// @returns   how many entries were inserted, assigned and kept as they were
/// @sees      snapshot_map: one instant; else each entry at one instant, none before the whole dump was checked. If there
///            is no memory halfway, readers may have seen entries that are taken out again
/// @progress  as insert; nothing is held while the stream is read
/// @cost      O(n); the decoded entries in memory until they are in the map
/// @throws    dump_error with the byte at which it was found: errc::dump_foreign, dump_newer, dump_types, dump_truncated,
///            dump_damaged, dump_stream; what the codecs, K's and V's copies and the map throw. The map holds what it held
/// @calls     the codecs of K and V with no lock held; as insert (stay) or exchange (replace) of the map besides
template <class Map>
  requires requires(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
    map.insert(key, std::move(value));
  }
loaded load(Map& map, std::istream& in, when_present policy = when_present::stay) {
  detail::loading<Map> entries(map, policy);
  entries.read(in);
  return entries.put();
}

}  // namespace portolan
