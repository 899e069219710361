// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan advise`: which map should I use here?
//
//    load the input -> measure all candidates -> vary it, to find where another wins -> say it
#include <fmt/format.h>

#include <algorithm>

#include "bench/workload/input.hpp"
#include "bench/workload/words.hpp"
#include "portolan/base/platform.hpp"
#include "tools/portolan/advice.hpp"
#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

using workload::candidate;

// How long things take, by --quick.
struct plan {
  unsigned rounds;
  double run_seconds;
  std::size_t words;
  std::size_t synthetic_operations;
  unsigned variant_rounds;
  double variant_seconds;
};

plan plan_of(const advise_options& how) {
  plan p = how.quick ? plan{3, 0.15, 500'000, 200'000, 0, 0} : plan{5, 0.4, 2'000'000, 500'000, 3, 0.1};
  const bool once = how.source == source::headers || how.source == source::words;
  if (once) p.run_seconds = how.quick ? 1 : 2;
  if (how.rounds != 0) p.rounds = how.rounds;
  if (how.run_seconds > 0) p.run_seconds = how.run_seconds;
  if (how.operations_at_most != 0) {
    p.words = how.operations_at_most;
    p.synthetic_operations = std::max<std::size_t>(how.operations_at_most / how.threads, 1);
  }
  return p;
}

struct loaded {
  workload::workload work;
  std::vector<std::string> remarks;
};

loaded load_words(const advise_options& how, const plan& p) {
  workload::words_settings settings;
  settings.paths = how.source == source::words ? how.words : workload::cxx_headers_of_this_machine();
  settings.threads = how.threads;
  settings.words_at_most = p.words;
  if (settings.paths.empty()) {
    throw workload::input_error("--words", 0, "no C++ headers were found on this machine; name a directory or a file");
  }
  workload::words_found found = workload::make_words(settings);
  std::string where;
  for (const std::string& path : settings.paths) where += (where.empty() ? "" : ", ") + path;
  found.work.title = "the words of " + where;
  loaded made{std::move(found.work), {}};
  made.remarks.push_back(fmt::format("{} files, {}{}", grouped(found.files),
                                     bytes_in_words(static_cast<double>(found.bytes)),
                                     found.limited ? "; stopped at the limit of " + grouped(p.words) + " words" : ""));
  if (!found.unreadable.empty()) {
    made.remarks.push_back(
        fmt::format("{} files could not be read, the first: {}", found.unreadable.size(), found.unreadable.front()));
  }
  return made;
}

loaded load_trace(const advise_options& how) {
  workload::trace_settings settings = how.trace;
  if (how.operations_at_most != 0) settings.operations_at_most = how.operations_at_most;
  const workload::trace from = workload::read_trace(how.trace_file, settings);
  if (how.pace == workload::pace::recorded && !from.has_times) {
    throw workload::input_error(how.trace_file, 0,
                                "holds no times, so --rate recorded has nothing to follow; "
                                "give a number, or leave --rate out");
  }
  const workload::replay_settings replay{how.threads, how.cold, how.pace, how.rate_per_s};
  loaded made{workload::make_replay(from, replay, how.trace_file + " (" + workload::name_of(from.format) + ")"), {}};
  if (from.bad_lines != 0) {
    made.remarks.push_back(fmt::format("{} of {} lines were bad and are left out, the first: {}",
                                       grouped(from.bad_lines), grouped(from.lines), from.first_bad.front()));
  }
  if (from.about_no_key != 0) {
    made.remarks.push_back(grouped(from.about_no_key) + " lines are about no key, or about nothing a map does");
  }
  if (from.limited)
    made.remarks.push_back("stopped at " + grouped(settings.operations_at_most) + " operations (--limit)");
  return made;
}

loaded load(const advise_options& how, const plan& p) {
  switch (how.source) {
    case source::headers:
    case source::words: return load_words(how, p);
    case source::trace: return load_trace(how);
    case source::synthetic:
    case source::scenario: break;
  }
  workload::synthetic_settings settings = how.synthetic;
  settings.operations_per_thread = p.synthetic_operations;
  return {workload::make_synthetic(settings), {}};
}

bool names(const std::vector<std::string>& list, const candidate& which) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& n) { return which.name.find(n) != std::string::npos; });
}

// The candidates asked for; throws when a name means none.
std::vector<candidate> choose(const advise_options& how) {
  std::vector<candidate> all = workload::all_candidates();
  std::vector<std::string> known;
  for (const candidate& c : all) known.push_back(c.name);
  for (const auto* list : {&how.only, &how.without}) {
    for (const std::string& name : *list) {
      if (std::any_of(known.begin(), known.end(), [&](const auto& k) { return k.find(name) != std::string::npos; }))
        continue;
      std::string text;
      for (const std::string& k : known) text += (text.empty() ? "" : ", ") + k;
      const std::string near = nearest(name, known);
      throw workload::input_error(list == &how.only ? "--only" : "--without", 0,
                                  "no map here is called \"" + name + "\"" +
                                      (near.empty() ? "" : ", did you mean " + near + "?") + "; there are: " + text);
    }
  }
  std::erase_if(
      all, [&](const candidate& c) { return (!how.only.empty() && !names(how.only, c)) || names(how.without, c); });
  if (all.empty()) throw workload::input_error("--without", 0, "leaves no map to measure");
  return all;
}

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

status say(advice& all, const advise_options& how, const terminal& to) {
  std::string problem;
  if (!how.report.empty()) problem = write_reports(all, how.report);
  if (!print(to, how.json ? as_json(all) : as_text(all, to))) {
    complain(to, "the result could not be written to the standard output: is the disk full?");
    return status::failed;
  }
  if (!problem.empty()) {
    complain(to, problem);
    return status::failed;
  }
  return all.found_wrong_map() ? status::found : status::clean;
}

status advise(const advise_options& how, const terminal& to) {
  const plan p = plan_of(how);
  const std::vector<candidate> candidates = choose(how);
  watch_for_interrupt();
  advice all;
  loaded input = load(how, p);
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
  return say(all, how, to);
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
    return advise(parsed.options, to);
  } catch (const workload::input_error& error) {
    complain(to, error.what());
  } catch (const std::bad_alloc&) {
    complain(to, "not enough memory for this input; --limit N reads less of it");
  }
  return status::failed;
}

}  // namespace portolan::tool
