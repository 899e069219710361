// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What two habits save: room reserved beforehand, and values kept in the map in place of pointers to them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <unordered_map>

#include "bench/workload/allocations.hpp"
#include "bench/workload/operation.hpp"
#include "portolan/base/platform.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

using workload::figure;
using figures = std::vector<std::optional<double>>;

// What one thread's map takes from the allocator and from the kernel.
class memory_since {
 public:
  memory_since() : before_(workload::allocations_of_all_threads()), mapped_(platform::mapped_bytes()) {}
  [[nodiscard]] double bytes() const {
    const auto mapped = static_cast<double>(platform::mapped_bytes()) - static_cast<double>(mapped_);
    return static_cast<double>((workload::allocations_of_all_threads() - before_).held_bytes()) + mapped;
  }
  [[nodiscard]] double objects() const {
    return static_cast<double>((workload::allocations_of_all_threads() - before_).held_blocks());
  }

 private:
  workload::allocation_tally before_;
  std::size_t mapped_;
};

// ---- reserve ------------------------------------------------------------------------------------

template <class Map>
std::optional<double> growths_of(const Map& map, std::size_t rehashes) {
  if constexpr (requires { map.bucket_count(); }) {
    return static_cast<double>(rehashes);
  } else if constexpr (requires { map.shard_count(); }) {
    return std::nullopt;
  } else {
    return static_cast<double>(map.stats().growths);
  }
}

template <class Map>
Map with_room_for(std::size_t capacity) {
  if constexpr (std::constructible_from<Map, map_options>) {
    return Map(map_options{.capacity = capacity});
  } else {
    Map made;
    made.reserve(capacity);
    return made;
  }
}

template <class Map>
figures grow(std::uint64_t entries, bool reserved) {
  const memory_since held;
  double most_bytes = 0;
  std::uint64_t worst_ns = 0;
  std::size_t rehashes = 0;
  const std::uint64_t begin = platform::now_ns();
  Map map = with_room_for<Map>(reserved ? entries : 0);
  [[maybe_unused]] std::size_t buckets = 0;
  if constexpr (requires { map.bucket_count(); }) buckets = map.bucket_count();
  std::uint64_t last = platform::now_ns();
  for (std::uint64_t i = 0; i < entries; ++i) {
    if constexpr (requires { map.bucket_count(); }) {
      map.emplace(workload::number_key(i), i);
      rehashes += map.bucket_count() != buckets;
      buckets = map.bucket_count();
    } else {
      map.insert(workload::number_key(i), i);
    }
    const std::uint64_t now = platform::now_ns();
    worst_ns = std::max(worst_ns, now - last);
    last = now;
    if (i % 4096 == 0) {
      most_bytes = std::max(most_bytes, held.bytes());
      last = platform::now_ns();  // looking at the memory is no insert
    }
  }
  return {1e-3 * static_cast<double>(worst_ns), growths_of(map, rehashes), 1e-6 * std::max(most_bytes, held.bytes()),
          1e-6 * static_cast<double>(last - begin)};
}

struct reserving {
  const char* map;
  figures (*run)(std::uint64_t entries, bool reserved);
};
using number = std::uint64_t;
constexpr reserving reserving_maps[] = {
    {"unordered_map, no lock", grow<std::unordered_map<number, number>>},
    {"plain_map, no lock", grow<plain_map<number, number>>},
    {"sharded_map", grow<sharded_map<std::unordered_map<number, number>>>},
    {"concurrent_map", grow<concurrent_map<number, number>>},
};

// ---- values in place ----------------------------------------------------------------------------

template <std::size_t Bytes>
struct payload {
  std::array<std::uint64_t, Bytes / 8> words{};
};

constexpr std::uint64_t placed_entries = 10'000;

// A pointer as a value is only a number to the map; its object is made and freed by us.
template <class T>
struct by_pointer {
  using stored = T*;
  static stored make(std::uint64_t word) {
    T* made = new T{};
    made->words[0] = word;
    return made;
  }
  static std::uint64_t word_of(const stored& value) { return value->words[0]; }
  static void drop(const stored& value) { delete value; }
};
template <class T>
struct in_place {
  using stored = T;
  static stored make(std::uint64_t word) {
    T made{};
    made.words[0] = word;
    return made;
  }
  static std::uint64_t word_of(const stored& value) { return value.words[0]; }
  static void drop(const stored&) {}
};

template <class Map, class Form>
figures place(std::string& wrong) {
  constexpr int passes = 20;
  const memory_since held;
  const std::uint64_t begin = platform::now_ns();
  Map map;
  for (std::uint64_t i = 0; i < placed_entries; ++i) {
    if constexpr (requires { map.bucket_count(); }) {
      map.emplace(workload::number_key(i), Form::make(i));
    } else {
      map.insert(workload::number_key(i), Form::make(i));
    }
  }
  const std::uint64_t filled = platform::now_ns();
  const double objects = held.objects();
  const double bytes = held.bytes();
  std::uint64_t sum = 0;
  const std::uint64_t read_from = platform::now_ns();
  for (int pass = 0; pass < passes; ++pass) {
    for (std::uint64_t i = 0; i < placed_entries; ++i) {
      // A stride that meets every key once: the order of making is not the order of reading.
      const std::uint64_t key = workload::number_key((i * 7919) % placed_entries);
      if constexpr (requires { map.bucket_count(); }) {
        sum += Form::word_of(map.find(key)->second);
      } else {
        (void)map.visit(key, [&](const auto& value) { sum += Form::word_of(value); });
      }
    }
  }
  const std::uint64_t read = platform::now_ns();
  if (sum != passes * (placed_entries * (placed_entries - 1) / 2)) wrong = "gave values that were never stored";
  if constexpr (requires { map.bucket_count(); }) {
    for (const auto& [key, value] : map) Form::drop(value);
  } else {
    map.for_each([](const auto&, const auto& value) { Form::drop(value); });
  }
  return {objects, bytes / placed_entries, 1e-6 * static_cast<double>(filled - begin),
          static_cast<double>(read - read_from) / (passes * placed_entries)};
}

struct placing {
  const char* map;
  const char* size;
  figures (*values)(std::string& wrong);
  figures (*pointers)(std::string& wrong);
};
template <template <class, class> class Map, std::size_t Bytes>
constexpr placing placing_of(const char* map, const char* size) {
  using T = payload<Bytes>;
  return {map, size, place<Map<number, T>, in_place<T>>, place<Map<number, T*>, by_pointer<T>>};
}
template <class K, class V>
using of_std = std::unordered_map<K, V>;
template <class K, class V>
using of_plain = plain_map<K, V>;
template <class K, class V>
using of_concurrent = concurrent_map<K, V>;

const std::vector<placing>& placings() {
  static const std::vector<placing> all{
      placing_of<of_plain, 64>("plain_map", "64 B"), placing_of<of_std, 64>("unordered_map", "64 B"),
      placing_of<of_concurrent, 64>("concurrent_map", "64 B"), placing_of<of_concurrent, 8>("concurrent_map", "8 B")};
  return all;
}

// The second column: the objects as a share of those with pointers; empty where allocations are not counted.
void add_share(scenario_row& values, scenario_row& pointers) {
  const auto objects = [](const scenario_row& row) {
    return row.ours.empty() || !row.ours[0] ? 0 : row.ours[0]->median;
  };
  std::optional<figure> share[2];
  if (objects(pointers) > 0) {
    const double percent = 100 * objects(values) / objects(pointers);
    share[0] = figure{percent, percent, percent};
    share[1] = figure{100, 100, 100};
  }
  values.ours.insert(values.ours.begin() + 1, share[0]);
  pointers.ours.insert(pointers.ours.begin() + 1, share[1]);
}

std::string saved_in_words(const placing& of, const scenario_row& values, const scenario_row& pointers) {
  std::string said = fmt::format("{} with {} values: ", of.map, of.size);
  if (values.ours[1]) {
    said += fmt::format("{:.0f} % of the objects, {:+.0f} B an entry, ", values.ours[1]->median,
                        values.ours[2]->median - pointers.ours[2]->median);
  }
  return said + fmt::format("a read in {} ns in place of {}", three_digits(values.ours[4]->median),
                            three_digits(pointers.ours[4]->median));
}

}  // namespace

scenario_result reserve(const scenario_effort& how) {
  scenario_result made;
  const std::uint64_t entries = how.run_seconds < 0.1 ? 50'000 : 1'000'000;
  made.what = fmt::format("{} inserts into an empty map by one thread, with room reserved beforehand and without.",
                          grouped(entries));
  made.measures = {{"worst insert", "µs", better::less},
                   {"growth", "steps", better::less},
                   {"most held", "MB", better::less},
                   {"all", "ms", better::less}};
  made.ranked = false;
  constexpr std::size_t count = std::size(reserving_maps);
  row_of_rounds rounds[count][2];
  how.bar.expect(how.rounds * 2 * count * 0.3);
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < count && !interrupted().load(); ++i) {
      if (!how.wants(reserving_maps[i].map)) continue;
      how.bar.show(0.6 * static_cast<double>(round * count + i), reserving_maps[i].map);
      for (const bool reserved : {false, true}) rounds[i][reserved].add(reserving_maps[i].run(entries, reserved));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (rounds[i][1].empty()) continue;
    const std::string name = reserving_maps[i].map;
    made.rows.push_back({name, rounds[i][0].figures(), {}});
    made.rows.push_back({name + ", reserved", rounds[i][1].figures(), {}});
    const auto& grown = made.rows[made.rows.size() - 2].ours;
    const auto& kept = made.rows.back().ours;
    made.answer += fmt::format(
        "{}{}: worst insert {} µs in place of {}, {} % of the memory at the peak, {} % of the time",
        made.answer.empty() ? "With room reserved, " : "; ", name, three_digits(kept[0]->median),
        three_digits(grown[0]->median), std::lround(100 * kept[2]->median / std::max(grown[2]->median, 1e-9)),
        std::lround(100 * kept[3]->median / std::max(grown[3]->median, 1e-9)));
  }
  if (!made.answer.empty()) made.answer += ".";
  made.notes.emplace_back(
      "the articles say that reserving helps, and print no figure; each insert is timed, the clock included. "
      "Growth: tables begun that were larger; sharded_map does not say it.");
  return made;
}

scenario_result values_in_place(const scenario_effort& how) {
  scenario_result made;
  made.what =
      fmt::format("{} entries whose values lie in the map, or behind a pointer; one thread.", grouped(placed_entries));
  made.measures = {{"objects", "", better::less},
                   {"share", "%", better::less},
                   {"memory", "B/entry", better::less},
                   {"filling", "ms", better::less},
                   {"a read", "ns", better::less}};
  made.ranked = false;
  const auto& all = placings();
  std::vector<std::array<row_of_rounds, 2>> rounds(all.size());
  how.bar.expect(how.rounds * 0.05 * static_cast<double>(all.size()));
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < all.size() && !interrupted().load(); ++i) {
      if (!how.wants(all[i].map)) continue;
      how.bar.show(0.05 * static_cast<double>(round * all.size() + i), all[i].map);
      std::string wrong;
      rounds[i][0].add(all[i].values(wrong));
      rounds[i][1].add(all[i].pointers(wrong));
      if (!wrong.empty()) made.refused.push_back(std::string(all[i].map) + " " + wrong);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (rounds[i][0].empty()) continue;
    const bool theirs = i == 0;  // Go's table is the plain one
    const auto row = [&](const char* form, std::size_t which, double share) {
      return scenario_row{
          fmt::format("{}, {} {}", all[i].map, all[i].size, form), rounds[i][which].figures(),
          theirs ? std::vector<std::optional<double>>{std::nullopt, share} : std::vector<std::optional<double>>{}};
    };
    scenario_row values = row("values", 0, 40);
    scenario_row pointers = row("pointers", 1, 100);
    add_share(values, pointers);
    made.answer += (made.answer.empty() ? "In place of pointers, " : "; ") + saved_in_words(all[i], values, pointers);
    made.rows.push_back(std::move(values));
    made.rows.push_back(std::move(pointers));
  }
  if (!made.answer.empty()) made.answer += ".";
  if (!workload::allocations_counted) {
    made.not_done.emplace_back("objects and memory: allocations are not counted in this build");
  }
  made.notes.emplace_back(
      "theirs: 60 % fewer objects; share is of the objects with pointers. An object is an allocation that is held in "
      "the end; tables count as one each, pages "
      "taken from the kernel as none.");
  return made;
}

}  // namespace portolan::tool
