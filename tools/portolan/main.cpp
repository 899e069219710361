// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan`: finds the command and starts it.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>

#include "tools/portolan/commands.hpp"

namespace portolan::tool {
namespace {

constexpr const char* version_text = "portolan " PORTOLAN_VERSION "\n";

constexpr const char* help_text =
    "portolan: maps that threads share\n"
    "\n"
    "  portolan advise            which map should I use here? Measured on this machine's C++ headers,\n"
    "                             your text, your operation trace, or invented operations\n"
    "  portolan bench NAME        one measurement of its own: matrix, insert-latency, strided, floods, fork\n"
    "  portolan prove [MAP...]    runs what shows each promise, and says how far it is shown\n"
    "  portolan check-history F   could the calls of a recorded history have happened in some order?\n"
    "  portolan help [COMMAND]    this, or all about one command\n"
    "  portolan --version\n"
    "\n"
    "Exit status: 0 nothing wrong was found, 1 a map was found wrong, 2 it could not be done.\n"
    "Colour only on a terminal (NO_COLOR turns it off); --json for programs.\n";

struct command {
  const char* name;
  status (*run)(const arguments&, const terminal&);
  std::string (*help)();
};
constexpr command commands[] = {{"advise", run_advise, advise_help},
                                {"bench", run_bench, bench_help},
                                {"prove", run_prove, prove_help},
                                {"check-history", run_check_history, check_history_help}};

const command* command_of(const std::string& name) {
  const auto* const found =
      std::find_if(std::begin(commands), std::end(commands), [&](const command& each) { return name == each.name; });
  return found == std::end(commands) ? nullptr : found;
}

status show(const terminal& to, const std::string& text) { return print(to, text) ? status::clean : status::failed; }

/// Of the commands, or of these words beside them.
status unknown(const std::string& name, std::vector<std::string> known, const terminal& to) {
  for (const command& each : commands) known.emplace_back(each.name);
  const std::string near = nearest(name, known);
  complain(to, "there is no command " + name + (near.empty() ? "" : "; did you mean " + near + "?"));
  return status::failed;
}

status help(const arguments& given, const terminal& to) {
  if (given.empty()) return show(to, help_text);
  if (const command* const found = command_of(given[0])) return show(to, found->help());
  return unknown(given[0], {}, to);
}

status dispatch(const std::string& name, const arguments& given, const terminal& to) {
  if (const command* const found = command_of(name)) return found->run(given, to);
  if (name == "help" || name == "--help" || name == "-h") return help(given, to);
  if (name == "--version" || name == "version") return show(to, version_text);
  const status failed = unknown(name, {"help", "--version", "--help"}, to);
  complain(to, "portolan help lists them");
  return failed;
}

}  // namespace
}  // namespace portolan::tool

int main(int count, char** values) {
  using namespace portolan::tool;
  const terminal to = terminal::of_this_process();
  const arguments all(values + 1, values + count);
  try {
    const status result =
        all.empty() ? dispatch("help", {}, to) : dispatch(all.front(), arguments(all.begin() + 1, all.end()), to);
    return static_cast<int>(result);
  } catch (const std::exception& error) {
    complain(to, error.what());
    return static_cast<int>(status::failed);
  }
}
