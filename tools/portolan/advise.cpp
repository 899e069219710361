// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan advise`: which map should I use here?
//
//    load the input -> measure all candidates -> vary it, to find where another wins -> say it
#include <fmt/format.h>

#include <algorithm>

#include "bench/workload/input.hpp"
#include "tools/portolan/advice.hpp"
#include "tools/portolan/advise_input.hpp"
#include "tools/portolan/deliver.hpp"
#include "tools/portolan/progress.hpp"
#include "tools/portolan/variants.hpp"

namespace portolan::tool {
namespace {

using workload::candidate;

// Part of a run's cost that is no measuring: filling, the reference, the comparison.
constexpr double overhead_factor = 1.4;

// Everything that is measured, with one progress bar over it.
class measuring {
 public:
  measuring(const advise_options& how, const plan& p, const workload::workload& work, advice& all, progress_bar& bar)
      : how_(how), plan_(p), work_(work), all_(all), bar_(bar) {}

  void survey(const std::vector<candidate>& candidates) {
    // A workload that runs once ends before its limit; a quarter of it is a fair guess.
    const double each = work_.once ? plan_.run_seconds / 4 : plan_.run_seconds;
    bar_.expect(each * overhead_factor * static_cast<double>(candidates.size() * plan_.rounds));
    const double variants = plan_.variant_seconds * plan_.variant_rounds;
    if (how_.variants) bar_.expect(variants * overhead_factor * static_cast<double>(8 * shares.size() + counts.size()));
    all_.survey = workload::survey(candidates, work_, settings(plan_.rounds, plan_.run_seconds, each, ""));
    done_ += each * overhead_factor * static_cast<double>(candidates.size() * plan_.rounds);
  }

  void vary(const std::vector<candidate>& contenders) {
    if (contenders.size() < 2) return;
    const auto each =
        settings(plan_.variant_rounds, plan_.variant_seconds, plan_.variant_seconds, "with other shares of finds, ");
    all_.curves.push_back(workload::measure_find_shares(contenders, work_, shares, each));
    done_ += plan_.variant_seconds * plan_.variant_rounds * overhead_factor *
             static_cast<double>(contenders.size() * shares.size());
    if (work_.counting || interrupted().load()) return;
    std::vector<candidate> all_sizes = contenders;
    std::erase_if(all_sizes, [](const candidate& c) { return c.numbers_only; });
    all_.curves.push_back(workload::measure_value_bytes(
        all_sizes, work_, {8, 128, 1024, 8192},
        settings(plan_.variant_rounds, plan_.variant_seconds, plan_.variant_seconds, "with other sizes of values, ")));
  }

  void sweep(const candidate& which) {
    all_.sweep = workload::sweep_shards(
        which, workload::with_find_share(work_, workload::find_share_of(work_), how_.seed), counts,
        settings(plan_.variant_rounds, plan_.variant_seconds, plan_.variant_seconds, "with other numbers of shards, "));
  }

 private:
  [[nodiscard]] workload::survey_settings settings(unsigned rounds, double run_seconds, double expected_seconds,
                                                   const std::string& where) {
    workload::survey_settings s;
    s.rounds = rounds;
    s.seed = how_.seed;
    s.run.duration_ns = static_cast<std::uint64_t>(1e9 * run_seconds);
    s.run.interrupted = &interrupted();
    if (how_.reserve) s.run.reserve = work_.key_count;
    s.progress = [this, expected_seconds, where](std::size_t done, std::size_t, const std::string& name) {
      bar_.show(done_ + expected_seconds * overhead_factor * static_cast<double>(done), where + name);
    };
    return s;
  }

  inline static const std::vector<double> shares{0, 0.5, 0.8, 0.9, 0.99, 1};
  inline static const std::vector<unsigned> counts{1, 2, 4, 8, 16, 32, 64, 128, 256};

  const advise_options& how_;
  const plan& plan_;
  const workload::workload& work_;
  advice& all_;
  progress_bar& bar_;
  double done_ = 0;
};

// The advised map, the two fastest besides, and every map of the family: one of these may win elsewhere.
std::vector<candidate> contenders_of(const advice& all) {
  std::vector<candidate> chosen;
  std::size_t rank = 0;
  for (const std::string& name : all.judged.order) {
    for (const workload::standing& s : all.survey.standings) {
      if (s.which.name != name) continue;
      const bool family = s.which.origin == workload::origin::family;
      if (name == all.judged.best || rank < 3 || family) chosen.push_back(s.which);
    }
    ++rank;
  }
  return chosen;
}

std::string next_step(const advise_options& how) {
  if (how.quick) return "the same without --quick: more runs, and where another map would win";
  switch (how.source) {
    case source::headers:
      return "portolan advise --trace FILE, on your own operations (redis-cli MONITOR > FILE; portolan help advise)";
    case source::words: return "portolan advise --words DIR --threads N, for another number of threads";
    case source::trace:
      if (how.pace == workload::pace::recorded) return "the same without --rate, for what the maps reach at most";
      return "portolan advise --trace " + how.trace_file + " --rate recorded, for latency at the trace's own pace";
    case source::synthetic: return "portolan advise --trace FILE, on your own operations instead of invented ones";
    case source::scenario: break;
  }
  return "portolan help advise";
}

void measure_all(const advise_options& how, const plan& p, const workload::workload& work, advice& all,
                 const std::vector<candidate>& candidates, const terminal& to) {
  progress_bar bar(to);
  measuring m(how, p, work, all, bar);
  m.survey(candidates);
  all.judged = judge(all);
  const bool vary = how.variants && p.variant_rounds != 0 && !all.survey.interrupted && !all.judged.best.empty();
  if (!vary) {
    all.not_done.emplace_back(how.quick ? "where another map would win, number of shards (--quick leaves these out)"
                                        : "where another map would win, number of shards");
    return;
  }
  m.vary(contenders_of(all));
  const auto sharded = std::find_if(candidates.begin(), candidates.end(), [](const candidate& c) { return c.sharded; });
  if (sharded != candidates.end() && !interrupted().load()) m.sweep(*sharded);
  all.judged = judge(all);
}

// Where the machine-readable forms go: beside the page, or to the very same place if that is no file with a name.
std::string beside(const std::string& page, const std::string& extension) {
  const std::size_t dot = page.rfind(".html");
  return (dot == std::string::npos ? page : page.substr(0, dot)) + extension;
}

std::string write_reports(advice& all, const std::string& path) {
  all.report_path = path;
  struct {
    std::string path;
    std::string content;
  } const files[] = {{path, as_html(all)}, {beside(path, ".json"), as_json(all)}, {beside(path, ".csv"), as_csv(all)}};
  for (const auto& file : files) {
    if (const std::string problem = write_file(file.path, file.content); !problem.empty()) {
      all.report_path.clear();
      return "the report could not be written to " + file.path + ": " + problem +
             "; the figures above are complete. Name another place with --report FILE.html, or --no-report";
    }
  }
  return "";
}

status say(advice& all, const std::optional<measured_set>& before, measured_set figures, const advise_options& how,
           const terminal& to) {
  std::string problem;
  if (!how.report.empty()) problem = write_reports(all, how.report);
  figures.figures = figures_of(all);
  const status found = all.found_wrong_map() ? status::found : status::clean;
  const status said =
      deliver({as_text(all, to), as_json(all), std::move(figures), !all.survey.interrupted, found}, before, how, to);
  if (said == status::failed || problem.empty()) return said;
  complain(to, problem);
  return status::failed;
}

status advise(const advise_options& how, const terminal& to) {
  const plan p = plan_of(how);
  const std::vector<candidate> candidates = choose(how);
  watch_for_interrupt();
  advice all;
  loaded input = load(how, p);
  const measured_set planned = set_of("advise", identity_of(input.work), p.rounds, p.run_seconds);
  const std::optional<measured_set> before = baseline_for(how, planned);
  all.work = card_of(input.work);
  all.work.remarks = std::move(input.remarks);
  all.machine = workload::this_machine();
  all.rounds = p.rounds;
  all.run_seconds = p.run_seconds;
  all.clock_floor_us = 1e-3 * static_cast<double>(workload::clock_floor_ns().at(0.5));
  all.next = next_step(how);
  measure_all(how, p, input.work, all, candidates, to);
  const bool none = all.judged.order.empty() && !all.found_wrong_map();
  if (none) {
    complain(to, all.survey.interrupted ? "stopped before the first result" : "no map could run this workload");
    return status::failed;
  }
  return say(all, before, planned, how, to);
}

}  // namespace

status run_advise(const arguments& given, const terminal& to) {
  const parsed_options parsed = parse_advise(given);
  if (!parsed.problem.empty()) {
    complain(to, "advise: " + parsed.problem);
    complain(to, "portolan help advise lists the options");
    return status::failed;
  }
  if (parsed.help) return print(to, advise_help()) ? status::clean : status::failed;
  try {
    if (parsed.options.source == source::scenario) return run_scenario(parsed.options, to);
    switch (parsed.options.question) {
      case question::survey: return advise(parsed.options, to);
      case question::shards: return advise_shards(parsed.options, to);
      case question::crossings: return advise_crossings(parsed.options, to);
    }
  } catch (const workload::input_error& error) {
    complain(to, error.what());
  } catch (const std::bad_alloc&) {
    complain(to, "not enough memory for this input; --limit N reads less of it");
  }
  return status::failed;
}

}  // namespace portolan::tool
