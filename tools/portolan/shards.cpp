// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/workload/input.hpp"
#include "tools/portolan/advise_input.hpp"
#include "tools/portolan/deliver.hpp"
#include "tools/portolan/progress.hpp"
#include "tools/portolan/variants.hpp"

namespace portolan::tool {
namespace {

using workload::figure;

std::string with_spread(const figure& f, double unit) {
  return fmt::format("{} ± {:.0f} %", three_digits(f.median / unit), 100 * f.spread());
}

// What the knee gains over one shard and what more than it would cost.
std::string knee_in_words(const workload::shard_sweep& sweep) {
  const auto at = std::find(sweep.counts.begin(), sweep.counts.end(), sweep.knee);
  if (at == sweep.counts.end()) return "";
  const auto knee = static_cast<std::size_t>(at - sweep.counts.begin());
  const double gain = sweep.speeds[knee].median / sweep.speeds.front().median;
  if (sweep.knee == sweep.counts.front()) {
    return fmt::format("The knee is at {}: more shards bring less than 5 % on this workload and this machine.",
                       sweep.knee);
  }
  const std::string first = sweep.counts.front() == 1 ? "one" : std::to_string(sweep.counts.front());
  std::string said = fmt::format("The knee is at {} shards: {} times the speed of {}, and more bring less than 5 %.",
                                 sweep.knee, three_digits(gain), first);
  if (sweep.speeds[knee].low <= sweep.speeds.front().high) {
    said += fmt::format(" But the runs differ by more than that: {} may do as well; try again on a quieter machine.",
                        first == "one" ? "one shard" : first + " shards");
  }
  return said;
}

}  // namespace

std::string as_text(const sharding& all) {
  std::string out = labelled("workload", all.workload) + "\n";
  table figures(
      {{all.sweep.name, "shards", 26}, {"operations", "M/s", 18}, {"p99", "µs", 18}, {"memory", "B/entry", 12}});
  for (std::size_t i = 0; i < all.sweep.counts.size(); ++i) {
    figures.row({(all.sweep.counts[i] == all.sweep.knee ? "> " : "  ") + std::to_string(all.sweep.counts[i]),
                 with_spread(all.sweep.speeds[i], 1e6), with_spread(all.sweep.p99_us[i], 1),
                 fmt::format("{:.0f}", all.sweep.bytes_per_entry[i].median)});
  }
  if (!all.sweep.counts.empty()) out += figures.text() + "\n";
  if (!all.sweep.refused.empty()) out += labelled("refused", all.sweep.name + " " + all.sweep.refused);
  if (const std::string knee = knee_in_words(all.sweep); !knee.empty()) out += labelled("answer", knee);
  // Code is not broken into lines: it is there to be pasted.
  if (all.sweep.knee != 0) {
    out += padded_right("change", 10) +
           fmt::format("using shared = portolan::{}<std::unordered_map<K, V>>;  shared map(shared::shards{{{}}});\n",
                       all.sweep.name, all.sweep.knee);
  }
  return out + labelled("next", "portolan advise --scenario false-sharing, for what padding between them is worth");
}

std::string as_json(const sharding& all) {
  nlohmann::ordered_json j{{"portolan", "shards"}, {"workload", all.workload}, {"knee", all.sweep.knee}};
  j["counts"] = all.sweep.counts;
  return j.dump(2) + "\n";
}

std::vector<measured_figure> figures_of(const sharding& all) {
  std::vector<measured_figure> made;
  for (std::size_t i = 0; i < all.sweep.counts.size(); ++i) {
    const std::string name = fmt::format("{} shards", all.sweep.counts[i]);
    const figure& f = all.sweep.speeds[i];
    made.push_back({name, "operations", "M/s", better::more, {f.median / 1e6, f.low / 1e6, f.high / 1e6}});
    made.push_back({name, "p99", "µs", better::less, all.sweep.p99_us[i]});
    made.push_back({name, "memory", "B/entry", better::less, all.sweep.bytes_per_entry[i]});
  }
  return made;
}

status advise_shards(const advise_options& how, const terminal& to) {
  const std::vector<workload::candidate> all = workload::all_candidates();
  const auto sharded = std::find_if(all.begin(), all.end(), [](const auto& c) { return c.sharded; });
  if (sharded == all.end()) throw workload::input_error("--shards", 0, "this program was built without sharded_map");
  const plan p = plan_of(how);
  const unsigned rounds = how.quick && how.rounds == 0 ? 3 : p.rounds;
  const double seconds = how.run_seconds > 0 ? how.run_seconds : how.quick ? 0.05 : 0.2;
  workload::workload work = load(how, p).work;
  // A job that is done once is short: it runs in a circle here, with its own share of finds.
  if (work.once) work = workload::with_find_share(work, workload::find_share_of(work), how.seed);
  sharding made;
  made.workload = identity_of(work);
  made.rounds = rounds;
  measured_set figures = set_of("shards", made.workload, rounds, seconds);
  const std::optional<measured_set> before = baseline_for(how, figures);
  watch_for_interrupt();
  {
    progress_bar bar(to);
    bar.expect(seconds * rounds * 9);
    workload::survey_settings each;
    each.rounds = rounds;
    each.seed = how.seed;
    each.run.duration_ns = static_cast<std::uint64_t>(1e9 * seconds);
    each.run.interrupted = &interrupted();
    if (how.reserve) each.run.reserve = work.key_count;
    each.progress = [&](std::size_t done, std::size_t, const std::string& name) {
      bar.show(seconds * static_cast<double>(done), name + " with other numbers of shards");
    };
    made.sweep = workload::sweep_shards(*sharded, work, {1, 2, 4, 8, 16, 32, 64, 128, 256}, each);
  }
  if (made.sweep.knee == 0 && made.sweep.refused.empty()) {
    complain(to, "stopped before the first result");
    return status::failed;
  }
  figures.figures = figures_of(made);
  return deliver({as_text(made), as_json(made), std::move(figures), true,
                  made.sweep.refused.empty() ? status::clean : status::found},
                 before, how, to);
}

}  // namespace portolan::tool
