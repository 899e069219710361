// aggregate_map: totals that are added up, merged, taken and drained.
//
//   model: key ──► total        add, record: total + number       take, erase, drain, clear: gone
//
// 1. Whatever is merged when, a read gives the sum of what was added since the key was last taken.
// 2. A word that threw changed no total: neither an addition that failed half-way nor a merge that did not end.
#include <portolan/map/aggregate_map.hpp>

#include "own_words.hpp"

namespace fuzz {
namespace {

enum word : unsigned {
  add,
  record,
  find,
  contains,
  visit,
  take,
  erase,
  drain,
  clear,
  merge,
  snapshot,
  for_each,
  for_each_until,
  size,
  empty,
  measure,
  word_count
};
constexpr std::array<own_word, word_count> words{{{"add", 30},
                                                  {"record", 15},
                                                  {"find", 8},
                                                  {"contains", 4},
                                                  {"visit", 4},
                                                  {"take", 6},
                                                  {"erase", 6},
                                                  {"drain", 1},
                                                  {"clear", 1},
                                                  {"merge", 4},
                                                  {"snapshot", 1},
                                                  {"for_each", 1},
                                                  {"for_each until", 1},
                                                  {"size", 2},
                                                  {"empty", 2},
                                                  {"stats", 1}}};

/// Sums of objects: all that a sum does may fail but the move that puts it in its place.
struct sum_of_objects {
  using value_type = object<moves::cannot>;
  static value_type identity() { return value_type(0); }
  static void combine(value_type& into, const value_type& from) {
    faults::point();
    into = value_type(into.read() + from.read());
  }
  static void record(value_type& into, const std::uint64_t& observed) {
    faults::point();
    into = value_type(into.read() + observed);
  }
};

template <class Key, class Value, class Monoid, portolan::shard_by By, template <class> class Alloc>
class totals final : public subject {
  using K = typename Key::type;
  using V = typename Value::type;
  using map_type = portolan::aggregate_map<K, Monoid, hash_of, portolan::equal<K>, Alloc<std::pair<const K, V>>>;

 public:
  explicit totals(std::uint64_t seed) : map_(portolan::map_options{.seed = seed}, typename map_type::shards{4, By}) {}

  complaint turn(unsigned which, const call& wanted) override {
    switch (static_cast<word>(which)) {
      case add:
      case record: return put(which == add, wanted);
      case find:
      case contains:
      case visit: return look(static_cast<word>(which), wanted);
      case take:
      case erase: return remove(which == take, wanted);
      default: return whole(static_cast<word>(which), wanted);
    }
  }

  complaint audit() override {
    for (std::uint64_t index = 0; index < 64; ++index) {  // before a listing merges all of it
      const std::uint64_t key = key_at(static_cast<std::uint32_t>(index));
      if (!shows(map_.find(Key::make(key)), key)) return "find gives another total";
    }
    if (map_.empty() != model_.empty()) return "empty() is wrong";
    return equals(map_.snapshot());
  }

 private:
  [[nodiscard]] bool shows(const std::optional<V>& seen, std::uint64_t key) const {
    const auto at = model_.find(key);
    return seen.has_value() == (at != model_.end()) && (!seen || Value::read(*seen) == at->second);
  }
  [[nodiscard]] complaint equals(const std::vector<std::pair<K, V>>& all) const {
    if (all.size() != model_.size()) return "a listing has another number of keys";
    content seen;
    for (const auto& [key, total] : all) {
      if (!seen.emplace(Key::read(key), Value::read(total)).second) return "a listing has a key twice";
    }
    return unless(seen == model_, "a listing has another total");
  }

  complaint put(bool adds, const call& wanted) {
    const K key = Key::make(wanted.key);
    if (adds) {
      ask([&] { map_.add(key, Value::make(wanted.number)); });
    } else {
      ask([&] { map_.record(Key::make(wanted.key), wanted.number); });  // the key as one that may be moved
    }
    model_[wanted.key] += wanted.number;
    return {};
  }
  complaint look(word which, const call& wanted) {
    const K key = Key::make(wanted.key);
    if (which == find) {
      return unless(shows(ask([&] { return map_.find(key); }), wanted.key), "find gives another total");
    }
    const bool there = model_.contains(wanted.key);
    if (which == contains) return unless(ask([&] { return map_.contains(key); }) == there, "contains says otherwise");
    bool right = true;
    const bool seen = ask([&] {
      return map_.visit(key, [&](const V& total) {
        faults::point();
        right = model_.contains(wanted.key) && Value::read(total) == model_.at(wanted.key);
      });
    });
    return unless(seen == there && right, "visit shows another total");
  }
  complaint remove(bool takes, const call& wanted) {
    const K key = Key::make(wanted.key);
    const bool there = model_.contains(wanted.key);
    bool right;
    if (takes) {
      right = shows(ask([&] { return map_.take(key); }), wanted.key);
    } else {
      right = ask([&] { return map_.erase(key); }) == there;
    }
    model_.erase(wanted.key);
    return unless(right, "take or erase tells another total");
  }
  complaint walk(std::size_t most) {
    std::vector<std::pair<K, V>> seen;
    ask([&] {
      map_.for_each([&](const K& key, const V& total) {
        faults::point();
        seen.emplace_back(key, total);
        return seen.size() < most;
      });
    });
    if (most <= model_.size()) return unless(seen.size() == most, "for_each did not end when it was told to");
    return equals(seen);
  }
  complaint whole(word which, const call& wanted) {
    switch (which) {
      case drain: {
        const auto all = ask([&] { return map_.drain(); });
        complaint wrong = equals(all);
        model_.clear();
        return wrong;
      }
      case clear:
        ask([&] { map_.clear(); });
        model_.clear();
        return {};
      case merge: return ask([&] { map_.merge(); }), complaint();
      case snapshot: return equals(ask([&] { return map_.snapshot(); }));
      case for_each: return walk(~std::size_t{0});
      case for_each_until: return walk(1 + wanted.count() / 8);
      case size: return unless(ask([&] { return map_.size(); }) == model_.size(), "size() is wrong");
      case empty: return unless(ask([&] { return map_.empty(); }) == model_.empty(), "empty() is wrong");
      default: {
        const auto figures = ask([&] { return map_.stats(); });
        return unless(figures.entries >= model_.size() && figures.entries >= figures.waiting, "stats() count too few");
      }
    }
  }

  content model_;
  map_type map_;
};

template <class Key, class Value, class Monoid, portolan::shard_by By, template <class> class Alloc>
std::unique_ptr<subject> make(std::uint64_t seed) {
  return std::make_unique<totals<Key, Value, Monoid, By, Alloc>>(seed);
}

}  // namespace

std::vector<own_kind> kinds_of_totals() {
  using portolan::shard_by;
  using object = object_kind<moves::may_fail>;
  using steady = object_kind<moves::cannot>;
  using sum = portolan::aggregate::sum<std::uint64_t>;
  return {{"aggregate_map by thread, words", words, &make<word_kind, word_kind, sum, shard_by::thread, std::allocator>},
          {"aggregate_map by key, objects", words, &make<object, steady, sum_of_objects, shard_by::key, metered>},
          {"aggregate_map by thread, steady objects", words,
           &make<steady, steady, sum_of_objects, shard_by::thread, metered>}};
}

}  // namespace fuzz
