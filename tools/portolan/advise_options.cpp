// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/advise_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>

#include "portolan/base/platform.hpp"
#include "tools/portolan/option_names.hpp"

namespace portolan::tool {
namespace {

// The options as they were typed, before they mean anything.
struct typed {
  std::vector<std::string> words;
  std::string trace;
  std::string file;
  std::string format = "auto";
  bool synthetic = false;
  std::string mix;
  std::string distribution = "zipf";
  std::string rate;
  bool shards = false;
  bool crossings = false;
};

void declare_inputs(CLI::App& app, typed& t, advise_options& o) {
  app.add_option("file", t.file);
  app.add_option("--words", t.words)->expected(1, -1);
  app.add_option("--trace", t.trace);
  app.add_option("--format", t.format);
  app.add_flag("--skip-bad", o.trace.skip_bad);
  app.add_flag("--cold", o.cold);
  app.add_flag("--synthetic", t.synthetic);
  app.add_option("--mix", t.mix);
  app.add_option("--keys", o.synthetic.keys);
  app.add_option("--distribution", t.distribution);
  app.add_option("--skew", o.synthetic.choice.skew);
  app.add_option("--hot-keys", o.synthetic.choice.hot_keys);
  app.add_option("--hot-share", o.synthetic.choice.hot_share);
  app.add_option("--value-bytes", o.synthetic.value_bytes);
  app.add_option("--scenario", o.scenario);
  app.add_option("--limit", o.operations_at_most);
}

void declare_running(CLI::App& app, typed& t, advise_options& o, bool& no_report, bool& no_variants, bool& text_keys) {
  app.add_flag("--text-keys", text_keys);
  app.add_option("--rate", t.rate);
  app.add_option("--threads", o.threads);
  app.add_flag("--quick", o.quick);
  app.add_option("--rounds", o.rounds);
  app.add_option("--seconds", o.run_seconds);
  app.add_flag("--reserve", o.reserve);
  app.add_flag("--no-variants", no_variants);
  app.add_option("--only", o.only)->delimiter(',');
  app.add_option("--without", o.without)->delimiter(',');
  app.add_option("--peer-header", o.peer_headers)->delimiter(',');
  app.add_option("--peer-include", o.peer_include)->delimiter(',');
  app.add_option("--report", o.report);
  app.add_flag("--no-report", no_report);
  app.add_flag("--json", o.json);
  app.add_option("--seed", o.seed);
  app.add_flag("--shards", t.shards);
  app.add_flag("--crossings", t.crossings);
  app.add_option("--plots", o.plots);
  app.add_option("--save", o.save);
  app.add_option("--baseline", o.baseline);
}

std::string not_one_of(const std::string& option, const std::string& given, const std::vector<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const std::string near = nearest(given, known);
  return fmt::format("{} does not know \"{}\"{}; it knows: {}", option, given,
                     near.empty() ? "" : ", did you mean " + near + "?", all);
}

std::string read_mix(const std::string& text, workload::mix& mix) {
  mix = {0, 0, 0, 0, 0};
  const std::vector<std::string> names{"find", "insert", "assign", "erase", "add"};
  double* const shares[] = {&mix.find, &mix.insert, &mix.assign, &mix.erase, &mix.add};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::size_t equals = part.find('=');
    const auto known = std::find(names.begin(), names.end(), part.substr(0, equals));
    if (known == names.end()) return not_one_of("--mix", part.substr(0, equals), names);
    char* rest = nullptr;
    const std::string number = equals == std::string::npos ? "" : part.substr(equals + 1);
    const double percent = std::strtod(number.c_str(), &rest);
    if (number.empty() || *rest != '\0')
      return "--mix wants a percentage for each action, as in find=90,insert=5,erase=5";
    *shares[known - names.begin()] = percent / 100;
    at = end + 1;
  }
  return "";
}

std::string read_distribution(const std::string& text, workload::key_choice& choice) {
  const std::vector<std::string> names{"uniform", "zipf", "latest", "hot-set"};
  const auto known = std::find(names.begin(), names.end(), text);
  if (known == names.end()) return not_one_of("--distribution", text, names);
  choice.distribution = static_cast<workload::distribution>(known - names.begin());
  return "";
}

std::string read_format(const std::string& text, workload::trace_format& format) {
  const std::vector<std::string> names{"auto", "csv", "redis", "twitter"};
  const auto known = std::find(names.begin(), names.end(), text);
  if (known == names.end()) return not_one_of("--format", text, names);
  format = static_cast<workload::trace_format>(known - names.begin());
  return "";
}

std::string read_rate(const typed& t, advise_options& o) {
  if (t.rate.empty()) return "";
  if (t.rate == "recorded") {
    o.pace = workload::pace::recorded;
    return o.source == source::trace ? "" : "--rate recorded needs a trace: only a trace has times";
  }
  char* rest = nullptr;
  o.rate_per_s = std::strtod(t.rate.c_str(), &rest);
  if (*rest != '\0' || !(o.rate_per_s > 0)) {
    return "--rate wants operations a second above 0, or the word recorded; it got \"" + t.rate + "\"";
  }
  o.pace = workload::pace::open;
  return o.source == source::words || o.source == source::headers
             ? "--rate does not go with --words: counting words is one job, not a stream of requests"
             : "";
}

// Which input is meant, or why that cannot be told.
std::string read_source(const typed& t, advise_options& o, bool text_keys) {
  o.trace_file = t.trace.empty() ? t.file : t.trace;
  std::vector<std::string> given;
  if (!t.words.empty()) given.emplace_back("--words");
  if (!o.trace_file.empty()) given.emplace_back("--trace");
  if (t.synthetic) given.emplace_back("--synthetic");
  if (!o.scenario.empty()) given.emplace_back("--scenario");
  if (given.size() > 1) return given[0] + " and " + given[1] + " are two inputs; give one of them";
  if (!t.trace.empty() && !t.file.empty()) return "two traces were given: " + t.trace + " and " + t.file;
  o.words = t.words;
  if (!t.words.empty()) o.source = source::words;
  if (!o.trace_file.empty()) o.source = source::trace;
  if (t.synthetic) o.source = source::synthetic;
  if (!o.scenario.empty()) o.source = source::scenario;
  if (o.source != source::synthetic && text_keys) return "--text-keys goes with --synthetic only";
  return "";
}

std::string misplaced(const CLI::App& app, const advise_options& o) {
  const auto given = [&](const char* name) { return app.count(name) != 0; };
  for (const char* name :
       {"--mix", "--keys", "--distribution", "--skew", "--hot-keys", "--hot-share", "--value-bytes"}) {
    if (o.source != source::synthetic && given(name)) return std::string(name) + " goes with --synthetic only";
  }
  for (const char* name : {"--format", "--skip-bad", "--cold"}) {
    if (o.source != source::trace && given(name)) return std::string(name) + " goes with --trace only";
  }
  if (given("--report") && given("--no-report")) return "--report and --no-report contradict each other";
  if (given("--skew") && !(o.synthetic.choice.skew > 0)) return "--skew must be above 0; 0.99 is usual";
  for (const double share : {o.synthetic.choice.hot_keys, o.synthetic.choice.hot_share}) {
    if (!(share > 0) || share > 1) return "--hot-keys and --hot-share are shares between 0 and 1";
  }
  if (given("--threads") && (o.threads == 0 || o.threads > 256)) return "--threads must lie between 1 and 256";
  if (given("--rounds") && (o.rounds == 0 || o.rounds > 1000)) return "--rounds must lie between 1 and 1000";
  if (given("--seconds") && (!(o.run_seconds > 0) || o.run_seconds > 3600))
    return "--seconds must lie above 0, at most 3600";
  return "";
}

// Which question is meant; options that another question would need are mistakes.
std::string read_question(const CLI::App& app, const typed& t, advise_options& o) {
  if (t.shards && t.crossings) return "--shards and --crossings are two questions; ask one after the other";
  if (t.shards) o.question = question::shards;
  if (t.crossings) o.question = question::crossings;
  const char* const asked = t.shards ? "--shards" : "--crossings";
  const bool varied = o.question != question::survey;
  if (varied && o.source == source::scenario) return std::string(asked) + " varies a workload; a scenario has its own";
  if (varied && o.pace != workload::pace::closed) return std::string(asked) + " compares speeds, --rate prescribes one";
  if (varied && app.count("--report") != 0) return std::string("--report belongs to the survey, not to ") + asked;
  if (!t.crossings && app.count("--plots") != 0) return "--plots goes with --crossings only";
  if (t.crossings && app.count("--baseline") != 0) {
    return "--crossings is a set of curves and has no --baseline; compare a survey, --shards or a --scenario";
  }
  // Both vary an input freely; without one they take invented operations, not words that can only be counted.
  if (varied && o.source == source::headers) o.source = source::synthetic;
  return "";
}

std::string understand(const CLI::App& app, const typed& t, advise_options& o, bool text_keys) {
  std::string problem = read_source(t, o, text_keys);
  if (problem.empty()) problem = read_rate(t, o);
  if (problem.empty()) problem = read_question(app, t, o);
  if (problem.empty()) problem = misplaced(app, o);
  if (problem.empty()) problem = read_format(t.format, o.trace.format);
  if (problem.empty()) problem = read_distribution(t.distribution, o.synthetic.choice);
  if (problem.empty() && !t.mix.empty()) problem = read_mix(t.mix, o.synthetic.mix);
  if (!problem.empty()) return problem;
  if (o.source == source::scenario) {
    std::vector<std::string> names = scenario_names();
    names.insert(names.end(), {"all", "list"});
    if (std::find(names.begin(), names.end(), o.scenario) == names.end()) {
      return not_one_of("--scenario", o.scenario, names);
    }
  }
  if (o.threads == 0) o.threads = std::clamp(platform::processor_count(), 2u, 64u);
  o.synthetic.threads = o.threads;
  o.synthetic.pace = o.pace;
  o.synthetic.rate_per_s = o.rate_per_s;
  o.synthetic.seed = o.seed;
  if (text_keys) o.synthetic.kind = workload::key_kind::text;
  return o.source == source::synthetic ? workload::contradiction(o.synthetic) : "";
}

}  // namespace

parsed_options parse_advise(const arguments& given) {
  parsed_options parsed;
  typed t;
  bool no_report = false;
  bool no_variants = false;
  bool text_keys = false;
  CLI::App app;
  app.set_help_flag();
  app.add_flag("-h,--help", parsed.help);
  app.allow_extras();
  declare_inputs(app, t, parsed.options);
  declare_running(app, t, parsed.options, no_report, no_variants, text_keys);
  try {
    std::vector<std::string> reversed(given.rbegin(), given.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    parsed.problem = error.what();
    // "Could not convert: --keys = many": every value that is converted is a number.
    if (const std::string prefix = "Could not convert: "; parsed.problem.starts_with(prefix)) {
      parsed.problem = parsed.problem.substr(prefix.size()) + ": a number was expected";
    }
    return parsed;
  }
  if (parsed.help) return parsed;
  for (const std::string& extra : app.remaining()) {
    const std::string name = extra.substr(0, extra.find('='));
    const std::string near = nearest(name, names_of(app));
    parsed.problem =
        extra.starts_with("-") ? "there is no option " + name : "it does not know what to do with " + extra;
    if (!near.empty()) parsed.problem += "; did you mean " + near + "?";
    return parsed;
  }
  parsed.problem = understand(app, t, parsed.options, text_keys);
  const bool report_wanted = app.count("--report") != 0;
  const bool other = parsed.options.question != question::survey;
  if (no_report || other || (parsed.options.json && !report_wanted)) parsed.options.report.clear();
  parsed.options.variants = !no_variants;
  return parsed;
}

}  // namespace portolan::tool
