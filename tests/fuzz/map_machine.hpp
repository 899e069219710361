// Two maps of one type, made to do what a call says; compiled once a type.
//
// 1. What the map's type does not offer is never asked (`offers`).
// 2. Every callable handed to a map is a fault point.
#pragma once

#include <array>
#include <memory>
#include <sstream>
#include <type_traits>
#include <utility>

#include <portolan/map/bulk.hpp>
#include <portolan/map/dump.hpp>
#include <portolan/map/in_key_order.hpp>
#include <portolan/map/list.hpp>
#include <portolan/map/merge.hpp>

#include "machine.hpp"

// How an object stands in a dump.
template <fuzz::moves Moves>
struct portolan::codec<fuzz::object<Moves>> {
  static void describe(std::string& name) { name += "object/1"; }
  static void write(dump_sink& out, const fuzz::object<Moves>& value) { out.put(value.read()); }
  static fuzz::object<Moves> read(dump_source& in) { return fuzz::object<Moves>(in.get<std::uint64_t>()); }
};

namespace fuzz {

/// What is handed to maps: counts as a call that may fail.
inline void visited() { faults::point(fault::visitor); }

template <class Map, class Key, class Value>
class map_machine final : public machine {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  using entry = std::pair<K, V>;
  static constexpr bool steady = Key::steady && Value::steady;

  // What the type offers beyond what all maps do.
  static constexpr bool has_pin = requires(const Map& map, const K& key) { map.pin(key); };
  static constexpr bool has_prefetch = requires(const Map& map, const K& key) { map.prefetch(key); };
  static constexpr bool has_reserve = requires(Map & map) { map.reserve(1); };
  static constexpr bool has_shrink = requires(Map & map) { map.shrink_to_fit(); };
  static constexpr bool has_find_many = requires(const Map& map, std::span<const K> keys) { map.find(keys); };
  static constexpr bool has_visit_many = requires(const Map& map, std::span<const K> keys) {
    map.visit(keys, [](std::size_t, const V&) {});
  };
  static constexpr bool has_snapshot = requires(const Map& map) { map.snapshot(); };
  static constexpr bool has_list = requires(const Map& map) { portolan::list(map); };
  static constexpr bool has_load = requires(Map & map, const K& key, V (*f)()) { map.load_or_compute(key, f); };
  static constexpr bool has_draft = requires { typename Map::draft; };
  static constexpr bool has_go_names = requires(Map & map, const K& key, const V& value) {
    map.load_or_store(key, value);
  };
  static constexpr bool is_versioned = requires(const Map& map, const K& key) { map.find(key)->version; };
  static constexpr bool has_merge = steady && requires(Map & map) { portolan::merge(map, map); };

 public:
  explicit map_machine(std::uint64_t seed) : seed_(seed) {
    for (auto& each : maps_) each = made({});
  }

  [[nodiscard]] bool offers(op which) const override {
    switch (which) {
      case op::pin:
      case op::unpin: return has_pin;
      case op::prefetch: return has_prefetch;
      case op::reserve: return has_reserve;
      case op::shrink: return has_shrink;
      case op::find_many: return has_find_many;
      case op::visit_many: return has_visit_many;
      case op::snapshot: return has_snapshot;
      case op::list:
      case op::list_in_order: return has_list && !(which == op::list_in_order && !std::is_integral_v<K>);
      case op::update:
      case op::store_all:
      case op::view: return has_draft;
      case op::load_or_store:
      case op::compare_and_swap: return has_go_names;
      case op::load_or_compute:
      case op::load_declined:
      case op::load_nested: return has_load;
      case op::swap: return std::is_swappable_v<Map>;
      case op::merge: return has_merge && !is_versioned;
      case op::dump_and_load: return steady && !is_versioned;
      case op::find_each: return !is_versioned;
      default: return true;
    }
  }

  void perform(const call& wanted, std::uint64_t expected, answer& says) override {
    if (wanted.what <= op::measure) return look(wanted, says);
    if (wanted.what <= op::prefetch) return look_at_all(wanted, says);
    if (wanted.what <= op::compare_exchange) return put(wanted, expected, says);
    if (wanted.what <= op::load_nested) return put_by_callable(wanted, says);
    if (wanted.what <= op::compare_and_swap) return by_go_names(wanted, expected, says);
    if (wanted.what <= op::assign_each) return put_many(wanted, says);
    if (wanted.what <= op::clear) return take(wanted, expected, says);
    if (wanted.what <= op::walk_within_walk) return walk_and_change(wanted, says);
    return whole(wanted, says);
  }

  [[nodiscard]] content walk(bool other) override {
    content seen;
    map(other).for_each([&](const K& key, const V& value) {
      if (!seen.emplace(Key::read(key), Value::read(value)).second) account::blame("a walk showed a key twice");
    });
    return seen;
  }
  [[nodiscard]] std::optional<std::uint64_t> look(bool other, std::uint64_t key) override {
    const auto seen = map(other).find(Key::make(key));
    return seen ? std::optional(number_of(*seen)) : std::nullopt;
  }
  [[nodiscard]] std::size_t size(bool other) override { return map(other).size(); }
  void read_handles() override {
    if constexpr (has_pin) {
      for (const auto& [handle, number] : handles_) {
        if (handle && number_of(*handle) != number) account::blame("a handle shows another value than before");
      }
    }
  }

 private:
  static std::uint64_t number_of(const V& value) { return Value::read(value); }
  static void tell_found(answer& says, const auto& seen) {
    says.push_back(seen ? 1 : 0);
    if (seen) says.push_back(number_of(*seen));
  }
  template <class Outcome>
  static void tell_outcome(answer& says, Outcome how) {
    says.push_back(static_cast<std::uint64_t>(how));
  }
  static K key_of(const call& wanted) { return Key::make(wanted.key); }
  static V value_of(const call& wanted) { return Value::make(wanted.number); }
  static std::vector<K> keys_of(const call& wanted) {
    std::vector<K> keys;
    keys.reserve(wanted.count());
    for (std::uint32_t i = 0; i < wanted.count(); ++i) keys.push_back(Key::make(wanted.key_of(i)));
    return keys;
  }
  static std::vector<entry> entries_of(const call& wanted) {
    std::vector<entry> entries;
    entries.reserve(wanted.count());
    for (std::uint32_t i = 0; i < wanted.count(); ++i) {
      entries.emplace_back(Key::make(wanted.key_of(i)), Value::make(wanted.number + i));
    }
    return entries;
  }
  [[nodiscard]] Map& map(bool other) noexcept { return *maps_[other ? 1 : 0]; }
  [[nodiscard]] std::unique_ptr<Map> made(portolan::map_options options) const {
    options.seed = seed_;
    return std::make_unique<Map>(options);
  }

  void look(const call& wanted, answer& says) {
    const Map& in = map(wanted.other);
    switch (wanted.what) {
      case op::contains: says.push_back(in.contains(key_of(wanted)) ? 1 : 0); return;
      case op::find: return tell_found(says, in.find(key_of(wanted)));
      case op::visit: {
        std::optional<std::uint64_t> seen;
        const bool there = in.visit(key_of(wanted), [&](const V& value) {
          visited();
          seen = number_of(value);
        });
        says.push_back(there ? 1 : 0);
        if (seen) says.push_back(*seen);
        return;
      }
      case op::pin:
      case op::unpin:
        if constexpr (has_pin) {
          auto& [handle, number] = handles_[wanted.number % handles_.size()];
          handle = {};
          if (wanted.what == op::unpin) return;
          handle = in.pin(key_of(wanted));
          if (handle) number = number_of(*handle);
          tell_found(says, handle);
        }
        return;
      case op::find_many:
        if constexpr (has_find_many) {
          const auto keys = keys_of(wanted);
          for (const auto& each : in.find(std::span<const K>(keys))) tell_found(says, each);
        }
        return;
      case op::visit_many:
      case op::visit_each: return visit_many(wanted, says);
      case op::find_each:
        if constexpr (!is_versioned) {
          const auto keys = keys_of(wanted);
          std::vector<portolan::found<V>> results(keys.size());
          static_cast<void>(portolan::find_each(in, keys, results));
          for (const auto& each : results) tell_found(says, each);
        }
        return;
      case op::measure:
        says.insert(says.end(), {in.size(), in.empty() ? 1U : 0U});
        static_cast<void>(in.stats());
        return;
      default: return;
    }
  }

  void visit_many(const call& wanted, answer& says) {
    const Map& in = map(wanted.other);
    const auto keys = keys_of(wanted);
    tally seen;
    const auto see = [&](std::size_t index, const V& value) {
      visited();
      seen.add(index, number_of(value));
    };
    if (wanted.what == op::visit_each) {
      says.push_back(portolan::visit_each(in, keys, see));
    } else {
      if constexpr (has_visit_many) says.push_back(in.visit(std::span<const K>(keys), see));
    }
    says.back() = seen.count == says.back() ? seen.count : ~std::uint64_t{0};
    says.push_back(seen.sum);
  }

  void look_at_all(const call& wanted, answer& says) {
    const Map& in = map(wanted.other);
    tally all;
    const auto add_all = [&](const auto& entries) {
      for (const auto& [key, value] : entries) all.add(Key::read(key), number_of(value));
    };
    switch (wanted.what) {
      case op::for_each:
        in.for_each([&](const K& key, const V& value) {
          visited();
          all.add(Key::read(key), Value::read(value));
        });
        break;
      case op::for_each_until:
        in.for_each([&](const K&, const V&) {
          visited();
          return ++all.count < wanted.count();
        });
        says.push_back(all.count);
        return;
      case op::snapshot:
        if constexpr (has_snapshot) add_all(in.snapshot());
        break;
      case op::list:
        if constexpr (has_list) add_all(portolan::list(in));
        break;
      case op::list_in_order:
        if constexpr (has_list && std::is_integral_v<K>) {
          const auto sorted = portolan::list(in, portolan::in_key_order);
          add_all(sorted);
          for (std::size_t i = 1; i < sorted.size(); ++i) {
            if (!(sorted[i - 1].first < sorted[i].first)) account::blame("a listing in key order is not");
          }
        }
        break;
      default:
        if constexpr (has_prefetch) in.prefetch(key_of(wanted));
        return;
    }
    all.tell(says);
  }

  void put(const call& wanted, std::uint64_t expected, answer& says) {
    Map& in = map(wanted.other);
    switch (wanted.what) {
      case op::insert: says.push_back(in.insert(key_of(wanted), value_of(wanted)) ? 1 : 0); return;
      case op::try_emplace: says.push_back(in.try_emplace(key_of(wanted), wanted.number) ? 1 : 0); return;
      case op::insert_or_assign: return tell_outcome(says, in.insert_or_assign(key_of(wanted), value_of(wanted)));
      case op::exchange: return tell_found(says, in.exchange(key_of(wanted), value_of(wanted)));
      case op::compare_exchange:
        return tell_outcome(says, in.compare_exchange(key_of(wanted), Value::make(expected), value_of(wanted)));
      default: return;
    }
  }

  void put_by_callable(const call& wanted, answer& says) {
    Map& in = map(wanted.other);
    using decided = portolan::decision<V>;
    const auto compute = [&](auto f) { tell_outcome(says, in.compute(key_of(wanted), std::move(f))); };
    const auto load = [&](auto f) {
      if constexpr (has_load) tell_found(says, in.load_or_compute(key_of(wanted), std::move(f)));
    };
    switch (wanted.what) {
      case op::compute_keep: return compute([](const V*) -> decided { return visited(), portolan::keep; });
      case op::compute_erase: return compute([](const V*) -> decided { return visited(), portolan::erase; });
      case op::compute_assign:
        return compute([&](const V* now) -> decided {
          visited();
          return portolan::assign(Value::make((now == nullptr ? 0 : number_of(*now)) + wanted.number));
        });
      case op::compute_optional:
        return compute([&](const V*) -> std::optional<V> {
          visited();
          if (wanted.more % 16 >= 8) return std::nullopt;
          return value_of(wanted);
        });
      case op::load_or_compute: return load([&] { return visited(), value_of(wanted); });
      case op::load_declined: return load([]() -> std::optional<V> { return visited(), std::nullopt; });
      case op::load_nested:
        return load([&] {
          visited();
          in.insert(Key::make(wanted.key_of(1)), value_of(wanted));
          return Value::make(wanted.number + 1);
        });
      default: return;
    }
  }

  void by_go_names(const call& wanted, std::uint64_t expected, answer& says) {
    if constexpr (has_go_names) {
      Map& in = map(wanted.other);
      if (wanted.what == op::load_or_store) {
        const auto [actual, loaded] = in.load_or_store(key_of(wanted), value_of(wanted));
        says.push_back(loaded ? 1 : 0);
        tell_found(says, actual);
      } else if (wanted.more / 16 % 2 == 0) {
        says.push_back(in.compare_and_swap(key_of(wanted), Value::make(expected), value_of(wanted)) ? 1 : 0);
      } else {
        says.push_back(in.compare_and_delete(key_of(wanted), Value::make(expected)) ? 1 : 0);
      }
    }
  }

  void put_many(const call& wanted, answer& says) {
    Map& in = map(wanted.other);
    tally told;
    const auto tell = [&](std::size_t index, auto how) {
      visited();
      bool came;
      if constexpr (std::is_same_v<decltype(how), bool>) {
        came = how;
      } else {
        came = how == portolan::assignment::inserted;
      }
      if (came) told.add(index, 1);
    };
    const auto entries = entries_of(wanted);
    const std::size_t inserted = wanted.what == op::insert_each ? portolan::insert_each(in, entries, tell)
                                                                : portolan::insert_or_assign_each(in, entries, tell);
    if (inserted != told.count) account::blame("a bulk form counts otherwise than it tells");
    told.tell(says);
  }

  void take(const call& wanted, std::uint64_t expected, answer& says) {
    Map& in = map(wanted.other);
    switch (wanted.what) {
      case op::erase: says.push_back(in.erase(key_of(wanted)) ? 1 : 0); return;
      case op::extract: return tell_found(says, in.extract(key_of(wanted)));
      case op::compare_erase: return tell_outcome(says, in.compare_erase(key_of(wanted), Value::make(expected)));
      case op::erase_if:
        says.push_back(in.erase_if([&](const K& key, const V&) { return visited(), goes(wanted, Key::read(key)); }));
        return;
      case op::erase_each: {
        tally told;
        const std::size_t erased = portolan::erase_each(in, keys_of(wanted), [&](std::size_t index, bool went) {
          visited();
          if (went) told.add(index, 1);
        });
        if (erased != told.count) account::blame("erase_each counts otherwise than it tells");
        return told.tell(says);
      }
      default: in.clear(); return;
    }
  }

  void walk_and_change(const call& wanted, answer& says) {
    Map& in = map(wanted.other);
    tally shown;
    content came;  // the walk may show these or not
    std::uint32_t turn = 0;
    const auto show = [&](const K& key, const V& value) {
      visited();
      const std::uint64_t number = Key::read(key);
      if (const auto at = came.find(number); at == came.end()) {
        shown.add(number, Value::read(value));
      } else if (++at->second > 1) {
        account::blame("a walk showed a new key twice");
      }
      ++turn;
      if (wanted.what == op::walk_erasing && goes(wanted, number)) in.erase(key);
      if (wanted.what == op::walk_inserting && turn == 1) {
        for (std::uint32_t i = 0; i < wanted.count(); ++i) {
          const std::uint64_t next = wanted.key_of(i);
          if (in.insert(Key::make(next), Value::make(wanted.number + i))) came.emplace(next, 0);
        }
      }
      if (wanted.what == op::walk_clearing && turn == 1 + wanted.count() / 8) in.clear();
      if (wanted.what == op::walk_within_walk && turn <= 3) {
        tally within;
        in.for_each([&](const K& inner, const V& its) { within.add(Key::read(inner), Value::read(its)); });
        within.tell(says);
      }
    };
    in.for_each(show);
    if (wanted.what == op::walk_clearing) return in.clear();
    shown.tell(says);
  }

  void whole(const call& wanted, answer& says) {
    Map& in = map(wanted.other);
    Map& second = map(!wanted.other);
    switch (wanted.what) {
      case op::reserve:
        if constexpr (has_reserve) in.reserve(wanted.count() * 12);
        return;
      case op::shrink:
        if constexpr (has_shrink) static_cast<void>(in.shrink_to_fit());
        return;
      case op::swap:
        if constexpr (std::is_swappable_v<Map>) {
          using std::swap;
          swap(in, second);
        }
        return;
      case op::merge:
        if constexpr (has_merge && !is_versioned) {
          const auto became = portolan::merge(in, second);
          if (!became.left_over.empty()) account::blame("merge left entries over, though nobody else is here");
          says.insert(says.end(), {became.moved, became.stayed});
        }
        return;
      case op::dump_and_load:
        if constexpr (steady && !is_versioned) {
          std::stringstream stream;
          portolan::dump(in, stream);
          const bool replaces = wanted.more % 16 < 8;
          const auto became =
              portolan::load(second, stream, replaces ? portolan::when_present::replace : portolan::when_present::stay);
          says.insert(says.end(), {became.inserted, became.assigned + became.kept});
        }
        return;
      case op::make_anew: {
        static constexpr double factors[] = {0, 0.05, 0.3, 0.75};
        portolan::map_options options;
        options.capacity = wanted.number % 600;
        options.max_load_factor = factors[wanted.number / 256 % 4];
        maps_[wanted.other ? 1 : 0] = made(options);
        return;
      }
      default: return by_drafts(wanted, says);
    }
  }

  void by_drafts(const call& wanted, answer& says) {
    if constexpr (has_draft) {
      Map& in = map(wanted.other);
      if (wanted.what == op::store_all) return in.store_all(entries_of(wanted));
      if (wanted.what == op::view) {
        const auto before = in.view();
        in.insert_or_assign(key_of(wanted), value_of(wanted));
        tally all;
        before.for_each([&](const K& key, const V& value) { all.add(Key::read(key), Value::read(value)); });
        all.tell(says);
        return tell_found(says, before.find(key_of(wanted)));
      }
      in.update([&](auto& next) {
        visited();
        tell_found(says, next.find(key_of(wanted)));
        if (wanted.more / 8 % 4 == 1) next.clear();
        says.push_back(next.insert(key_of(wanted), value_of(wanted)) ? 1 : 0);
        next.insert_or_assign(Key::make(wanted.key_of(1)), value_of(wanted));
        says.push_back(next.erase(Key::make(wanted.key_of(2))) ? 1 : 0);
        tally all;
        next.for_each([&](const K& key, const V& value) { all.add(Key::read(key), Value::read(value)); });
        all.tell(says);
        visited();
      });
    }
  }

  template <class M>
  struct handle_of {
    using type = char;
  };
  template <class M>
    requires requires(const M& map, const K& key) { map.pin(key); }
  struct handle_of<M> {
    using type = decltype(std::declval<const M&>().pin(std::declval<const K&>()));
  };

  std::uint64_t seed_;
  std::array<std::pair<typename handle_of<Map>::type, std::uint64_t>, 4> handles_{};
  std::array<std::unique_ptr<Map>, 2> maps_;  // goes before the handles: they outlive the map
};

template <class Map, class Key, class Value>
std::unique_ptr<machine> make_machine(std::uint64_t seed) {
  return std::make_unique<map_machine<Map, Key, Value>>(seed);
}

}  // namespace fuzz
