#include "scenarios.hpp"

#include <algorithm>

#include <portolan/prove/history_recorder.hpp>

#include "tests/promises/threads.hpp"

namespace linear {
namespace {

using namespace portolan::prove;

constexpr std::uint64_t round_operations = 100'000;

/// A numbered map with the names and results that a lane asks for.
class named {
 public:
  explicit named(numbered_map& map) : map_(map) {}
  auto find(std::uint64_t key) const { return map_.find(key); }
  bool contains(std::uint64_t key) const { return map_.contains(key); }
  bool insert(std::uint64_t key, std::uint64_t value) { return map_.insert(key, value); }
  auto insert_or_assign(std::uint64_t key, std::uint64_t value) { return map_.insert_or_assign(key, value); }
  auto exchange(std::uint64_t key, std::uint64_t value) { return map_.exchange(key, value); }
  bool erase(std::uint64_t key) { return map_.erase(key); }
  auto extract(std::uint64_t key) { return map_.extract(key); }
  auto compare_exchange(std::uint64_t key, std::uint64_t expected, std::uint64_t desired) {
    return map_.compare_exchange(key, expected, desired);
  }
  auto compare_erase(std::uint64_t key, std::uint64_t expected) { return map_.compare_erase(key, expected); }
  template <class F>
  void for_each(F&& f) const {
    map_.walk([&](std::uint64_t key, std::uint64_t value) { f(key, value); });
  }
  std::size_t size() const { return map_.size(); }
  void clear() { map_.clear(); }

 private:
  numbered_map& map_;
};

/// What one thread does in a round.
class worker {
 public:
  worker(const scenario& how, numbered_map& map, lane& notes, unsigned id, std::uint64_t seed)
      : how_(how), lacks_(map.lacks()), map_(map), notes_(notes), id_(id), random_(seed) {}

  void work(std::uint64_t operations) {
    const bool reads = id_ >= how_.writers;
    const std::uint64_t pause = how_.whole_map == 0 || id_ != 0 ? never : operations / how_.whole_map + 1;
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (i % pause == pause / 2) {
        whole_map(i / pause);
      } else if (reads) {
        read();
      } else {
        write(i);
      }
    }
  }

 private:
  void read() {
    const std::uint64_t key = random_.below(how_.keys);
    if (random_.below(8) == 0) {
      notes_.contains(map_, key);
    } else {
      notes_.find(map_, key);
    }
  }
  void write(std::uint64_t turn) {
    const std::uint64_t key = random_.below(how_.keys);
    const std::uint64_t value = turn * 64 + id_ + 1;
    std::uint64_t draw = random_.below(100);
    const auto within = [&](unsigned share) {
      if (draw < share) return true;
      draw -= share;
      return false;
    };
    if (within(how_.of_writers.insert)) {
      notes_.insert(map_, key, value);
    } else if (within(how_.of_writers.assign)) {
      notes_.insert_or_assign(map_, key, value);
    } else if (within(how_.of_writers.erase)) {
      notes_.erase(map_, key);
    } else if (within(how_.of_writers.exchange)) {
      exchange(key, value, draw % 4);
    } else {
      read();
    }
  }
  void exchange(std::uint64_t key, std::uint64_t value, std::uint64_t which) {
    if (which < 2 && !lacks_.exchange) {
      if (which == 0) {
        notes_.exchange(map_, key, value);
      } else {
        notes_.extract(map_, key);
      }
    } else if (!lacks_.compare) {
      const auto now = notes_.find(map_, key);
      if (which == 3) {
        notes_.compare_erase(map_, key, now.value_or(value));
      } else {
        notes_.compare_exchange(map_, key, now.value_or(value), value);
      }
    } else {
      notes_.insert_or_assign(map_, key, value);
    }
  }
  void whole_map(std::uint64_t turn) {
    if (turn % 3 == 0 && how_.clears) {
      notes_.clear(map_);
    } else if (turn % 3 == 1 && !lacks_.walk) {
      notes_.for_each(map_);
    } else {
      notes_.size(map_);
    }
  }

  const scenario& how_;
  promises::lacking lacks_;
  named map_;
  lane& notes_;
  unsigned id_;
  promises::chance random_;
};

}  // namespace

std::vector<scenario> scenarios(bool copies) {
  const std::uint64_t many = copies ? 64 : 30'000;
  const std::uint64_t some = copies ? 32 : 400;
  const auto writing = [&](shares wanted) {
    if (!copies) return wanted;
    return shares{0, wanted.insert / 4, wanted.assign / 4, wanted.erase / 4, wanted.exchange / 4};
  };
  return {
      {"oversubscribed", 4, 12, some, writing({40, 15, 15, 15, 15}), some / 2, false, 6, false},
      {"growing", 1, 3, many, writing({20, 70, 5, 5, 0}), 0, false, 3, false},
      {"shrinking", 1, 3, many, writing({20, 10, 0, 70, 0}), many, false, 3, true},
      {"hot_key", 1, 3, 1, writing({25, 20, 15, 20, 20}), 0, false, 30, true},
      {"colliding_hashes", 1, 3, 24, writing({30, 25, 15, 20, 10}), 0, true, 9, true},
      {"erase_and_reinsert", 1, 3, 16, writing({0, 45, 5, 45, 5}), 0, false, 30, false},
      {"one_reader_only", 1, 1, some, writing({0, 30, 30, 30, 10}), some / 2, false, 6, true},
      {"many_readers", 8, 1, some, writing({0, 30, 30, 30, 10}), some / 2, false, 6, true},
  };
}

outcome run(const scenario& how, const maker& make, std::uint64_t operations, const check_limits& limits) {
  outcome all;
  const unsigned threads = how.readers + how.writers;
  recorder notes(threads + 1);
  for (std::uint64_t round = 1; all.operations < operations && all.worst.ok(); ++round) {
    const std::unique_ptr<numbered_map> map = make();
    named preload(*map);
    for (std::uint64_t i = 0; i < how.preloaded; ++i) notes.of(threads).insert(preload, i, i * 64 + 63);
    const std::uint64_t each = std::min(round_operations, operations) / threads + 1;
    promises::together(static_cast<int>(threads), [&](int thread) {
      const auto id = static_cast<unsigned>(thread);
      worker(how, *map, notes.of(id), id, round * 64 + id).work(each);
    });
    history recorded = notes.take();
    verdict seen = check_linearizable(recorded, limits);
    notes.reuse(std::move(recorded));
    all.operations += seen.operations;
    all.overlapping = std::max<std::uint64_t>(all.overlapping, seen.most_configurations);
    all.worst = std::move(seen);
  }
  return all;
}

}  // namespace linear
