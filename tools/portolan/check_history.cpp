// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan check-history FILE`: is what a system told its callers linearizable?
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "tools/portolan/commands.hpp"

#if defined(PORTOLAN_TOOL_HISTORY)
#include <portolan/prove/history_drawing.hpp>
#include <portolan/prove/history_files.hpp>
#include <portolan/prove/linearize.hpp>
#endif

namespace portolan::tool {

std::string check_history_help() {
  return "portolan check-history FILE: could a map, or a register a key, have told its callers this?\n"
         "\n"
         "Reads a history as Jepsen and Porcupine write it, an event when a call begins and one when it ends:\n"
         "  {:process 0, :type :invoke, :f :write, :key \"x\", :value 3}       EDN, one after another\n"
         "  {\"process\": 0, \"type\": \"ok\", \"f\": \"read\", \"key\": \"x\", \"value\": 3}    JSON, one a line or "
         "an array\n"
         "Operations: read, write, cas [old new], insert, exchange, erase, extract, contains, compare-erase,\n"
         "add. A call that ended with :info may have happened or not. Each key is checked by itself.\n"
         "\n"
         "  --format edn|json      instead of finding out;  FILE - is the standard input\n"
         "  --initial VALUE        what every key holds at first (without: nothing)\n"
         "  --draw FILE.html       draws what no order explains, made as small as it gets; FILE.svg: the first\n"
         "                         such part by itself\n"
         "  --most N               configurations of one key at one moment before it counts as unknown (131072)\n"
         "\n"
         "Exit status: 0 an order explains all, 1 none does, 2 unknown, or not to be read.\n";
}

#if defined(PORTOLAN_TOOL_HISTORY)
namespace {

struct check_options {
  std::string file;
  std::string format;
  std::string initial;
  std::string draw;
  std::size_t most = prove::check_limits().configurations;
};

std::string content_of(const std::string& file) {
  if (file == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) throw prove::history_error("cannot be read; name a file that is there");
  return text;
}

/// The word of a value as a person writes it.
std::uint64_t word_in(const prove::history& all, const std::string& value) {
  if (!value.empty() && value.size() < 19 && value.find_first_not_of("0123456789") == std::string::npos) {
    return std::stoull(value);
  }
  for (std::size_t i = 0; i < all.names.size(); ++i) {
    if (all.names[i] == value || all.names[i] == '"' + value + '"') return prove::history::first_name + i;
  }
  throw prove::history_error("--initial " + value + " is no value of this history; write one as it stands there");
}

std::string drawing_for(const std::string& file, const prove::verdict& seen, const prove::history& all) {
  if (!file.ends_with(".svg")) return prove::drawn(seen, all);
  return seen.violations.empty() ? std::string() : prove::drawn_alone(seen.violations.front(), all);
}

status checked(const check_options& how, const terminal& to) {
  const std::string text = content_of(how.file);
  const auto format = how.format.empty()    ? prove::format_of(text)
                      : how.format == "edn" ? prove::history_format::edn
                                            : prove::history_format::json;
  const prove::history all = prove::read_history(text, format);
  if (all.size() == 0) throw prove::history_error("holds no call; it takes an :invoke and an :ok each");
  prove::check_limits limits;
  limits.configurations = how.most;
  limits.present_at_first = !how.initial.empty();
  if (limits.present_at_first) limits.value_at_first = word_in(all, how.initial);
  const prove::verdict seen = prove::check_linearizable(all, limits);
  if (!print(to, seen.text())) return status::failed;
  if (!how.draw.empty()) {
    std::ofstream out(how.draw, std::ios::binary);
    out << drawing_for(how.draw, seen, all);
    out.flush();
    if (!out) {
      complain(to, how.draw + " cannot be written; name a file in a folder that is there");
      return status::failed;
    }
  }
  switch (seen.is) {
    case prove::verdict::answer::explained: return status::clean;
    case prove::verdict::answer::violated: return status::found;
    case prove::verdict::answer::unknown: return status::failed;
  }
  return status::failed;
}

}  // namespace

status run_check_history(const arguments& given, const terminal& to) {
  check_options how;
  CLI::App app;
  app.set_help_flag("", "");
  bool help = false;
  app.add_flag("-h,--help", help);
  app.add_option("file", how.file);
  app.add_option("--format", how.format)->check(CLI::IsMember({"edn", "json"}));
  app.add_option("--initial", how.initial);
  app.add_option("--draw", how.draw);
  app.add_option("--most", how.most)->check(CLI::PositiveNumber);
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const CLI::ParseError& error) {
    complain(to, std::string(error.what()) + "; `portolan help check-history` lists what there is");
    return status::failed;
  }
  if (help) return print(to, check_history_help()) ? status::clean : status::failed;
  if (how.file.empty()) {
    complain(to, "check-history wants a file; `portolan help check-history` says of which kind");
    return status::failed;
  }
  try {
    return checked(how, to);
  } catch (const prove::history_error& error) {
    complain(to, how.file + ": " + error.what());
    return status::failed;
  }
}
#else
status run_check_history(const arguments&, const terminal& to) {
  complain(to, "check-history is not in this build; install nlohmann-json3-dev and build again");
  return status::failed;
}
#endif

}  // namespace portolan::tool
