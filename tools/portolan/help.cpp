// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What `portolan help COMMAND` says.
#include "tools/portolan/advise_options.hpp"

namespace portolan::tool {

std::string advise_help() {
  std::string scenarios;
  for (const std::string& name : scenario_names()) scenarios += (scenarios.empty() ? "" : ", ") + name;
  std::string out =
      "portolan advise: which map should I use here?\n"
      "\n"
      "Runs every map of the family, the usual locked maps and the maps that Debian packages on the same\n"
      "operations; compares what each left behind with a sequential reference before its speed counts.\n"
      "\n"
      "Input (one of them; without any: the words of this machine's C++ headers)\n"
      "  --words PATH...        counts the words of files, or of all files below directories\n"
      "  --trace FILE, FILE     replays a trace, plain or .gz, - for the standard input:\n"
      "                           csv      op,key[,value_bytes][,microseconds][,thread][,result]\n"
      "                           redis    what redis-cli MONITOR prints\n"
      "                           twitter  the public cache traces, seven columns\n"
      "    --format NAME        instead of finding out: csv, redis, twitter\n"
      "    --skip-bad           uses the good lines of a damaged trace, counts the others\n"
      "    --cold               begins empty even if the trace reads keys that it never wrote before\n"
      "  --synthetic            operations made from:\n"
      "    --mix SHARES         find=90,insert=5,erase=5 (also assign; or find and add), in percent\n"
      "    --keys N             range of keys (100000)\n"
      "    --distribution NAME  zipf, uniform, latest, hot-set;  --skew S (0.99), --hot-keys, --hot-share\n"
      "    --value-bytes N      8: a number; else bytes.  --text-keys: keys are texts\n"
      "  --scenario NAME        an article's table again, ours beside theirs; all of them, or list:\n";
  for (const std::string& line : wrapped(scenarios, page_columns - 25)) out += std::string(25, ' ') + line + "\n";
  out +=
      "  --limit N              operations to read or make, at most\n"
      "\n"
      "Other questions about the input (without any: invented operations)\n"
      "  --shards               sharded_map with 1 to 256 shards, and where the knee is\n"
      "  --crossings            where maps overtake each other, by finds, threads, keys, sizes of values\n"
      "    --plots FOLDER       and one SVG for each of these\n"
      "\n"
      "Running\n"
      "  --threads N            (as many as there are processors, at least 2)\n"
      "  --rate N|recorded      open loop: N operations/s, or at the times of the trace; latency counts\n"
      "                         from when an operation was due (no coordinated omission)\n"
      "  --quick                3 short runs, no variants;  --rounds N, --seconds S for each run\n"
      "  --no-variants          leaves out where another map would win, and the number of shards\n"
      "  --only A,B --without C maps by a part of their names;  --reserve: room for all keys beforehand\n"
      "  --peer-header FILE,…   maps from outside: an adapter each, compiled now (docs/bench.md);\n"
      "  --peer-include DIR,…   where their includes lie\n"
      "  --seed N               of order, arrival times and invented operations (1)\n"
      "\n"
      "Output\n"
      "  --report FILE.html     (portolan-advise.html) with FILE.json and FILE.csv; --no-report\n"
      "  --json                 the result as JSON instead of the table\n"
      "  --save FILE            keeps the figures;  --baseline FILE compares with kept ones and says what\n"
      "                         changed beyond the noise (status 1: something for the worse)\n"
      "Ctrl-C ends early and shows the results so far.\n";
  return out;
}

}  // namespace portolan::tool
