// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan`: finds the command and starts it.
#include <cstdio>
#include <exception>

#include "tools/portolan/commands.hpp"

namespace portolan::tool {
namespace {

constexpr const char* version_text = "portolan " PORTOLAN_VERSION "\n";

constexpr const char* help_text =
    "portolan: maps that threads share\n"
    "\n"
    "  portolan advise            which map should I use here? Measured on this machine's C++ headers,\n"
    "                             your text, your operation trace, or invented operations\n"
    "  portolan bench NAME        one measurement of its own: matrix, insert-latency, strided, fork\n"
    "  portolan prove [MAP...]    runs what shows each promise, and says how far it is shown\n"
    "  portolan help [COMMAND]    this, or all about one command\n"
    "  portolan --version\n"
    "\n"
    "Exit status: 0 nothing wrong was found, 1 a map was found wrong, 2 it could not be done.\n"
    "Colour only on a terminal (NO_COLOR turns it off); --json for programs.\n";

const std::vector<std::string> commands{"advise", "bench", "prove", "help", "--version", "--help"};

status show(const terminal& to, const std::string& text) { return print(to, text) ? status::clean : status::failed; }

status help(const arguments& given, const terminal& to) {
  if (given.empty()) return show(to, help_text);
  if (given[0] == "advise") return show(to, advise_help());
  if (given[0] == "bench") return show(to, bench_help());
  if (given[0] == "prove") return show(to, prove_help());
  const std::string near = nearest(given[0], {"advise", "bench", "prove"});
  complain(to, "there is no command " + given[0] + (near.empty() ? "" : "; did you mean " + near + "?"));
  return status::failed;
}

status dispatch(const std::string& command, const arguments& given, const terminal& to) {
  if (command == "advise") return run_advise(given, to);
  if (command == "bench") return run_bench(given, to);
  if (command == "prove") return run_prove(given, to);
  if (command == "help" || command == "--help" || command == "-h") return help(given, to);
  if (command == "--version" || command == "version") return show(to, version_text);
  const std::string near = nearest(command, commands);
  complain(to, "there is no command " + command + (near.empty() ? "" : "; did you mean " + near + "?"));
  complain(to, "portolan help lists them");
  return status::failed;
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
