// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/arena.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <fstream>

#include "portolan/base/platform.hpp"

namespace portolan::matrix {
namespace {

// Bits that only a wrong value has: far fewer additions than this are ever done to one key.
constexpr std::uint64_t strange_bits = ~((std::uint64_t{1} << 40) - 1);

constexpr unsigned audited_keys = 200'000;

double ns_of_size(measured_map& map) {
  constexpr unsigned calls = 200;
  std::size_t sum = 0;
  const std::uint64_t from = platform::now_ns();
  for (unsigned i = 0; i < calls; ++i) sum += map.size();
  const std::uint64_t took = platform::now_ns() - from;
  return sum == ~std::size_t{0} ? 0 : static_cast<double>(took) / calls;
}

}  // namespace

workload::candidate roomy(workload::candidate ours) {
  ours.name += fmt::format(", load ≤ {:g}", low_load);
  ours.measure = [of_any = std::move(ours.measure)](key_form form,
                                                    workload::setup how) -> std::unique_ptr<measured_map> {
    how.max_load_factor = low_load;
    return form == key_form::number ? of_any(form, how) : nullptr;
  };
  return ours;
}

double speed_of(const std::vector<lap>& laps) noexcept {
  double all = 0;
  for (const lap& one : laps) {
    if (one.seconds > 0) all += static_cast<double>(one.operations) / one.seconds;
  }
  return all;
}

std::vector<lap> laps_of(measured_map& map, pinned_threads& threads, unsigned count,
                         const std::function<lap(unsigned, std::uint64_t)>& work) {
  std::vector<lap> laps(count);
  threads.run(count, {.prepare = [&](unsigned) { map.enter_thread(); },
                      .work =
                          [&](unsigned t, std::uint64_t begin_ns) {
                            laps[t] = work(t, begin_ns);
                            laps[t].seconds = 1e-9 * static_cast<double>(platform::now_ns() - begin_ns);
                          },
                      .finish = [&](unsigned) { map.leave_thread(); }});
  return laps;
}

double free_memory_bytes() {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("MemAvailable:")) return 1024 * std::stod(line.substr(13));
  }
  return 1e18;
}

double expected_bytes(key_form form, std::uint64_t entries) noexcept {
  const double each = form == key_form::number ? 130 : form == key_form::text ? 220 : 250;
  return each * static_cast<double>(entries);
}

arena::arena(key_form form, std::uint64_t entries, const std::vector<entrant>& entrants, pinned_threads& threads,
             arena_settings how, remarks& said)
    : form_(form), entries_(entries), entrants_(entrants), threads_(threads), how_(how), said_(said) {
  about_.keys = form == key_form::number ? workload::key_kind::number : workload::key_kind::text;
  about_.key_count = static_cast<std::uint32_t>(2 * entries);
  standings_.resize(entrants.size());
  for (std::size_t i = 0; i < entrants.size() && !stopped(); ++i) fill(i);
}

void arena::fill(std::size_t which) {
  const entrant::role is = entrants_[which].is;
  if (is == entrant::role::roomy && !how_.roomy) return;
  const std::string& name = entrants_[which].which.name;
  constexpr double spare_bytes = 512e6;
  if (free_memory_bytes() < expected_bytes(form_, entries_) + spare_bytes) {
    said_.left_out.push_back(fmt::format("{} with {} {} keys: they may need {:.1f} GB, {:.1f} GB are free", name,
                                         count_in_words(entries_), name_of(form_),
                                         1e-9 * expected_bytes(form_, entries_), 1e-9 * free_memory_bytes()));
    return;
  }
  standing& one = standings_[which];
  one.map = entrants_[which].which.measure(form_, workload::setup{about_});
  if (one.map == nullptr) return;
  const auto fillers = static_cast<unsigned>(std::min<std::size_t>(threads_.count(), usable_processors().size()));
  const std::vector<lap> laps = laps_of(*one.map, threads_, fillers, [&](unsigned t, std::uint64_t) {
    return one.map->fill({t, entries_, fillers});
  });
  for (const lap& each : laps) one.inserted += each.inserted;
  if (is != entrant::role::array && one.inserted != entries_) {
    strike_out(which, fmt::format("put {} of {} fresh keys", one.inserted, entries_));
  }
}

bool arena::takes_part(std::size_t which, const cell_key& what) const {
  const standing& one = standings_[which];
  if (one.map == nullptr) return false;
  switch (entrants_[which].is) {
    case entrant::role::map: return loop_of(what.what) != loop::finds_in_bulk || one.map->can().bulk_find;
    case entrant::role::array: return what.what == mix::hits || what.what == mix::bulk_hits;
    case entrant::role::roomy: return what.what == mix::hits && what.keys == skew::uniform;
  }
  return false;
}

lap arena::run_one(std::size_t which, const cell_key& what, const key_streams& keys,
                   const std::vector<std::vector<step>>& steps) {
  standing& one = standings_[which];
  const loop kind = entrants_[which].is == entrant::role::array ? loop::finds : loop_of(what.what);
  const auto length_ns = static_cast<std::uint64_t>(1e9 * how_.seconds);
  const std::vector<lap> laps = laps_of(*one.map, threads_, what.threads, [&](unsigned t, std::uint64_t begin_ns) {
    return one.map->run(keys.of(t, steps[t]), kind, what.batch, begin_ns + length_ns);
  });
  lap all;
  for (const lap& each : laps) all += each;
  one.inserted += all.inserted;
  one.erased += all.erased;
  one.added += all.added;
  all.seconds = static_cast<double>(all.operations) / std::max(1.0, speed_of(laps));
  return all;
}

void arena::measure(const cell_key& what, const key_streams& keys, std::vector<cell>& into) {
  std::vector<std::vector<step>> steps;
  for (unsigned t = 0; t < what.threads; ++t) steps.push_back(steps_of(what.what, keys.length(), t));
  cell& made = into.emplace_back(cell{what, std::vector<std::vector<double>>(entrants_.size())});
  const std::size_t count = standings_.size();
  for (unsigned repetition = 0; repetition < how_.repetitions; ++repetition) {
    for (std::size_t turn = 0; turn < count; ++turn) {
      const std::size_t which = (turn + repetition) % count;
      if (!takes_part(which, what)) continue;
      if (stopped()) return;
      const lap all = run_one(which, what, keys, steps);
      made.speeds[which].push_back(static_cast<double>(all.operations) / all.seconds);
      const bool present = range_of(what.what) == key_streams::from::present;
      const bool absent = range_of(what.what) == key_streams::from::absent;
      const std::uint64_t finds = all.operations - all.added;
      if ((all.strange & strange_bits) != 0) {
        strike_out(which, "a find gave a value that nobody stored: " + what.words());
      } else if (entrants_[which].is != entrant::role::array &&
                 ((present && all.hits != finds) || (absent && all.hits != 0))) {
        strike_out(which, fmt::format("{} of {} finds found their key: {}", all.hits, finds, what.words()));
      }
    }
  }
}

void arena::audit(std::vector<size_of>* calls) {
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    standing& one = standings_[i];
    if (one.map == nullptr || entrants_[i].is == entrant::role::array) continue;
    one.map->enter_thread();
    const std::uint64_t wanted = one.inserted - one.erased;
    const std::size_t size = one.map->size();
    if (calls != nullptr && entrants_[i].is == entrant::role::map)
      calls->push_back({entrants_[i].which.name, entries_, ns_of_size(*one.map)});
    std::string why;
    if (size != wanted) {
      why = fmt::format("size() says {}, the operations left {}", size, wanted);
    } else if (entries_ <= 1'000'000) {
      const walked seen = one.map->walk();
      if (seen.entries != wanted) why = fmt::format("a walk meets {} entries of {}", seen.entries, wanted);
      // An erased entry took its additions along.
      if (seen.strange != 0 || (one.erased == 0 ? seen.added != one.added : seen.added > one.added))
        why = fmt::format("the values hold {} additions, {} were made", seen.added, one.added);
    } else {
      const lap seen = one.map->find_all({0, 2 * entries_, std::max<std::uint64_t>(1, 2 * entries_ / audited_keys)});
      if ((seen.strange & strange_bits) != 0) why = "a find gave a value that nobody stored";
    }
    one.map->leave_thread();
    if (!why.empty())
      strike_out(i, fmt::format("{} {} cells left it wrong: {}", count_in_words(entries_), name_of(form_), why));
  }
}

void arena::strike_out(std::size_t which, const std::string& why) {
  said_.wrong.push_back(entrants_[which].which.name + ": " + why);
  standings_[which].map.reset();
}

std::vector<lap> fill_fresh(const entrant& which, const cell_key& what, pinned_threads& threads, remarks& said) {
  workload::workload about;
  about.keys = what.form == key_form::number ? workload::key_kind::number : workload::key_kind::text;
  about.key_count = static_cast<std::uint32_t>(what.entries);
  (void)::malloc_trim(0);
  const std::unique_ptr<measured_map> map = which.which.measure(what.form, workload::setup{about});
  const bool in_bulk = what.what == mix::fill_bulk;
  if (map == nullptr || (in_bulk && !map->can().bulk_insert)) return {};
  std::vector<lap> laps = laps_of(*map, threads, what.threads, [&](unsigned t, std::uint64_t) {
    const key_range mine{t, what.entries, what.threads};
    return in_bulk ? map->fill_in_bulk(mine) : map->fill(mine);
  });
  std::uint64_t inserted = 0;
  for (const lap& one : laps) inserted += one.inserted;
  map->enter_thread();
  if (inserted != what.entries || map->size() != what.entries) {
    said.wrong.push_back(fmt::format("{}: holds {} after {} inserts of fresh keys, {} of which said yes",
                                     which.which.name, map->size(), what.entries, inserted));
  }
  map->leave_thread();
  return laps;
}

}  // namespace portolan::matrix
