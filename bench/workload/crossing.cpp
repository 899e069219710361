// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/crossing.hpp"

#include <algorithm>
#include <cmath>

#include "bench/workload/distribution.hpp"

namespace portolan::workload {
namespace {

// One thread's finds and writes apart, for drawing from.
struct pools {
  std::vector<operation> finds;
  std::vector<operation> writes;
};

pools pools_of(const workload& work, unsigned thread) {
  pools made;
  for (const operation op : work.streams[thread]) (op.writes() ? made.writes : made.finds).push_back(op);
  if (made.finds.empty()) {
    for (const operation op : made.writes) made.finds.emplace_back(action::find, op.key());
  }
  if (made.writes.empty()) {
    // Only reads: store what is read, each key by its owner.
    for (const auto& stream : work.streams) {
      for (const operation op : stream) {
        if (owner_of(op.key(), work.threads()) != thread) continue;
        made.writes.emplace_back(action::assign, op.key(), 8);
        if (made.writes.size() == work.streams[thread].size()) return made;
      }
    }
  }
  return made;
}

void begin_with_all_keys(workload& work) {
  std::vector<bool> there(work.key_count);
  for (const operation op : work.start) there[op.key()] = true;
  for (std::uint32_t key = 0; key < work.key_count; ++key) {
    if (!there[key]) work.start.emplace_back(action::insert, key, 8);
  }
}

// By how much, as a logarithm, the winner leads in one round at one point.
double lead(const curve& c, std::size_t point, std::size_t winner, std::size_t other, std::size_t round) {
  return std::log(c.speeds[point][winner][round] / c.speeds[point][other][round]);
}

figure leads_at(const curve& c, std::size_t point, std::size_t winner, std::size_t other) {
  std::vector<double> all;
  for (std::size_t r = 0; r < c.speeds[point][winner].size(); ++r) all.push_back(lead(c, point, winner, other, r));
  return figure_of(std::move(all));
}

// The place between two neighbouring points where the lead is nothing, found in each round.
figure place_of(const curve& c, std::size_t left, std::size_t winner, std::size_t other) {
  std::vector<double> places;
  const double from = c.at[left];
  const double to = c.at[left + 1];
  for (std::size_t r = 0; r < c.speeds[left][winner].size(); ++r) {
    const double a = lead(c, left, winner, other, r);
    const double b = lead(c, left + 1, winner, other, r);
    const double share = a == b ? 0.5 : std::clamp(a / (a - b), 0.0, 1.0);
    places.push_back(from + share * (to - from));
  }
  return figure_of(std::move(places));
}

// Who leads at a point: 1 the first, -1 the second, 0 neither in every round and by the least noise.
int sign_at(const curve& c, std::size_t point, std::size_t first, std::size_t second) {
  constexpr double least_lead = 0.05;
  const figure leads = leads_at(c, point, first, second);
  if (leads.low > 0 && leads.median > least_lead) return 1;
  return leads.high < 0 && leads.median < -least_lead ? -1 : 0;
}

// Where `first` and `second` change places in one round between two points, the first such place; the middle of the
// whole stretch if this round shows none.
double place_in_round(const curve& c, std::size_t from, std::size_t to, std::size_t first, std::size_t second,
                      std::size_t round) {
  const auto along = [&](std::size_t left, double share) {
    if (c.spacing == spacing::geometric) return c.at[left] * std::pow(c.at[left + 1] / c.at[left], share);
    return c.at[left] + share * (c.at[left + 1] - c.at[left]);
  };
  for (std::size_t p = from; p < to; ++p) {
    const double a = lead(c, p, first, second, round);
    const double b = lead(c, p + 1, first, second, round);
    if ((a > 0) != (b > 0)) return along(p, a == b ? 0.5 : a / (a - b));
  }
  return c.spacing == spacing::geometric ? std::sqrt(c.at[from] * c.at[to]) : (c.at[from] + c.at[to]) / 2;
}

void changes_of_two(const curve& c, std::size_t first, std::size_t second, std::vector<overtaking>& found) {
  std::size_t last = 0;
  int before = 0;
  for (std::size_t p = 0; p < c.at.size(); ++p) {
    const int now = sign_at(c, p, first, second);
    if (now == 0) continue;
    if (before != 0 && now != before) {
      std::vector<double> places;
      for (std::size_t r = 0; r < c.speeds[p][first].size(); ++r) {
        places.push_back(place_in_round(c, last, p, first, second, r));
      }
      const std::string& leads = c.names[before > 0 ? first : second];
      found.push_back({leads, c.names[before > 0 ? second : first], figure_of(std::move(places))});
    }
    before = now;
    last = p;
  }
}

}  // namespace

curve measure_points(curve into, const std::vector<candidate>& contenders, const std::vector<workload>& works,
                     const survey_settings& each) {
  const std::vector<double> at = std::move(into.at);
  into.at.clear();
  for (const candidate& which : contenders) into.names.push_back(which.name);
  into.complete = true;
  for (std::size_t p = 0; p < works.size(); ++p) {
    survey_settings how = each;
    if (each.progress) {
      how.progress = [&, p](std::size_t done, std::size_t all, const std::string& name) {
        each.progress(p * all + done, works.size() * all, name);
      };
    }
    const survey_result measured = survey(contenders, works[p], how);
    if (measured.interrupted || measured.rounds_done == 0) {
      into.complete = false;
      return into;
    }
    into.at.push_back(at[p]);
    auto& row = into.speeds.emplace_back();
    for (const standing& one : measured.standings) {
      auto& rounds = row.emplace_back();
      for (const run_result& run : one.runs) rounds.push_back(run.per_second());
      into.complete &= one.measured();
    }
  }
  return into;
}

std::vector<overtaking> overtakings_of(const curve& measured) {
  std::vector<overtaking> found;
  if (!measured.complete) return found;
  for (std::size_t a = 0; a < measured.names.size(); ++a) {
    for (std::size_t b = a + 1; b < measured.names.size(); ++b) changes_of_two(measured, a, b, found);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const overtaking& x, const overtaking& y) { return x.at.median < y.at.median; });
  return found;
}

std::size_t leader_at(const curve& measured, std::size_t point) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < measured.names.size(); ++i) {
    if (measured.speed(point, i).median > measured.speed(point, best).median) best = i;
  }
  return best;
}

unsigned knee_of(const std::vector<unsigned>& counts, const std::vector<figure>& speeds) {
  double best = 0;
  for (const figure& f : speeds) best = std::max(best, f.median);
  unsigned knee = 0;
  for (std::size_t i = std::min(counts.size(), speeds.size()); i-- > 0;) {
    if (best > 0 && speeds[i].median >= 0.95 * best && (knee == 0 || counts[i] < knee)) knee = counts[i];
  }
  return knee;
}

double find_share_of(const workload& work) noexcept {
  const facts& f = work.facts_of_it;
  return f.operations == 0 ? 0 : static_cast<double>(f.by_action[0]) / static_cast<double>(f.operations);
}

workload with_find_share(const workload& work, double share, std::uint64_t seed) {
  workload made = work;
  if (work.once) begin_with_all_keys(made);
  made.once = false;
  made.pace = pace::closed;
  chance source(seed);
  for (unsigned t = 0; t < work.threads(); ++t) {
    const pools from = pools_of(work, t);
    std::size_t find = 0;
    std::size_t write = 0;
    for (operation& op : made.streams[t]) {
      const bool finds = from.writes.empty() || source.unit() < share;
      op = finds ? from.finds[find++ % from.finds.size()] : from.writes[write++ % from.writes.size()];
    }
  }
  gather_facts(made);
  return made;
}

workload with_value_bytes(const workload& work, std::uint32_t value_bytes) {
  workload made = work;
  made.pace = pace::closed;
  made.values = value_kind::bytes;
  const auto resize = [&](std::vector<operation>& all) {
    for (operation& op : all) op = operation(op.what(), op.key(), value_bytes);
  };
  resize(made.start);
  for (auto& stream : made.streams) resize(stream);
  gather_facts(made);
  return made;
}

curve measure_find_shares(const std::vector<candidate>& contenders, const workload& work,
                          const std::vector<double>& shares, const survey_settings& each) {
  std::vector<workload> points;
  for (const double share : shares) points.push_back(with_find_share(work, share, each.seed + 17));
  curve wanted;
  wanted.parameter = "finds";
  wanted.own = find_share_of(work);
  wanted.at = shares;
  return measure_points(std::move(wanted), contenders, points, each);
}

curve measure_value_bytes(const std::vector<candidate>& contenders, const workload& work,
                          const std::vector<std::uint32_t>& sizes, const survey_settings& each) {
  std::vector<workload> points;
  for (const std::uint32_t size : sizes) points.push_back(with_value_bytes(work, size));
  curve wanted;
  wanted.parameter = "bytes a value";
  wanted.own = work.facts_of_it.mean_value_bytes;
  wanted.at.assign(sizes.begin(), sizes.end());
  wanted.spacing = spacing::geometric;
  return measure_points(std::move(wanted), contenders, points, each);
}

std::vector<crossing> crossings_of(const curve& measured, const std::string& winner) {
  std::vector<crossing> found;
  const auto at = std::find(measured.names.begin(), measured.names.end(), winner);
  if (at == measured.names.end() || !measured.complete) return found;
  const auto w = static_cast<std::size_t>(at - measured.names.begin());
  for (std::size_t o = 0; o < measured.names.size(); ++o) {
    if (o == w) continue;
    for (std::size_t p = 0; p + 1 < measured.at.size(); ++p) {
      const figure left = leads_at(measured, p, w, o);
      const figure right = leads_at(measured, p + 1, w, o);
      if ((left.median > 0) == (right.median > 0)) continue;
      // The other's lead must be beyond the noise: in every round, not in the middle one only.
      const figure& lost = left.median > 0 ? right : left;
      if (lost.high >= 0) continue;
      found.push_back({measured.names[o], left.median > 0, place_of(measured, p, w, o)});
    }
  }
  std::sort(found.begin(), found.end(), [&](const crossing& a, const crossing& b) {
    return std::fabs(a.at.median - measured.own) < std::fabs(b.at.median - measured.own);
  });
  return found;
}

shard_sweep sweep_shards(const candidate& which, const workload& work, const std::vector<unsigned>& counts,
                         const survey_settings& each) {
  shard_sweep made;
  made.name = which.name;
  // Rounds outside, counts inside: drift of the machine meets all counts alike.
  std::vector<std::vector<double>> speeds(counts.size()), tails(counts.size()), bytes(counts.size());
  for (unsigned round = 0; round < each.rounds; ++round) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (each.progress) each.progress(round * counts.size() + i, each.rounds * counts.size(), which.name);
      run_settings run = each.run;
      run.shards = counts[i];
      const run_result measured = run_once(which, work, run);
      made.refused = measured.refused;
      if (measured.interrupted || !measured.refused.empty()) return made;
      speeds[i].push_back(measured.per_second());
      tails[i].push_back(1e-3 * static_cast<double>(measured.latency_ns().at(0.99)));
      bytes[i].push_back(measured.bytes_per_entry);
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    made.speeds.push_back(figure_of(speeds[i]));
    made.p99_us.push_back(figure_of(tails[i]));
    made.bytes_per_entry.push_back(figure_of(bytes[i]));
  }
  made.counts = counts;
  made.knee = knee_of(counts, made.speeds);
  return made;
}

}  // namespace portolan::workload
