// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One line of `redis-cli MONITOR`:
//
//    1700000000.123456 [0 127.0.0.1:52110] "SET" "user:17" "{\"name\":\"x\"}" "EX" "60"
//    seconds.micros     db client            command and arguments, quoted as in C
//
// A command becomes what it means to a map whose keys are the server's: reading any part of a value is a find,
// changing any part of it stores a value anew (of the size of the arguments), removing is an erase.
#include <algorithm>
#include <charconv>

#include "bench/workload/trace.hpp"

namespace portolan::workload {
namespace {

// Which arguments are keys.
enum class keys_at : std::uint8_t {
  first,        // SET key …
  all,          // DEL key key key
  every_other,  // MSET key value key value
  nowhere,      // PING
};

constexpr struct {
  std::string_view name;
  action what;
  keys_at where;
} commands[] = {
    {"get", action::find, keys_at::first},
    {"mget", action::find, keys_at::all},
    {"exists", action::find, keys_at::all},
    {"strlen", action::find, keys_at::first},
    {"getrange", action::find, keys_at::first},
    {"substr", action::find, keys_at::first},
    {"ttl", action::find, keys_at::first},
    {"pttl", action::find, keys_at::first},
    {"type", action::find, keys_at::first},
    {"touch", action::find, keys_at::all},
    {"getbit", action::find, keys_at::first},
    {"bitcount", action::find, keys_at::first},
    {"hget", action::find, keys_at::first},
    {"hmget", action::find, keys_at::first},
    {"hgetall", action::find, keys_at::first},
    {"hexists", action::find, keys_at::first},
    {"hlen", action::find, keys_at::first},
    {"hkeys", action::find, keys_at::first},
    {"hvals", action::find, keys_at::first},
    {"hscan", action::find, keys_at::first},
    {"llen", action::find, keys_at::first},
    {"lrange", action::find, keys_at::first},
    {"lindex", action::find, keys_at::first},
    {"scard", action::find, keys_at::first},
    {"sismember", action::find, keys_at::first},
    {"smembers", action::find, keys_at::first},
    {"zcard", action::find, keys_at::first},
    {"zscore", action::find, keys_at::first},
    {"zrank", action::find, keys_at::first},
    {"zrange", action::find, keys_at::first},
    {"zrangebyscore", action::find, keys_at::first},
    {"zcount", action::find, keys_at::first},
    {"xlen", action::find, keys_at::first},
    {"xrange", action::find, keys_at::first},
    {"setnx", action::insert, keys_at::first},
    {"msetnx", action::insert, keys_at::every_other},
    {"set", action::assign, keys_at::first},
    {"setex", action::assign, keys_at::first},
    {"psetex", action::assign, keys_at::first},
    {"getset", action::assign, keys_at::first},
    {"mset", action::assign, keys_at::every_other},
    {"append", action::assign, keys_at::first},
    {"setrange", action::assign, keys_at::first},
    {"setbit", action::assign, keys_at::first},
    {"incr", action::assign, keys_at::first},
    {"incrby", action::assign, keys_at::first},
    {"incrbyfloat", action::assign, keys_at::first},
    {"decr", action::assign, keys_at::first},
    {"decrby", action::assign, keys_at::first},
    {"hset", action::assign, keys_at::first},
    {"hmset", action::assign, keys_at::first},
    {"hsetnx", action::assign, keys_at::first},
    {"hincrby", action::assign, keys_at::first},
    {"hdel", action::assign, keys_at::first},
    {"lpush", action::assign, keys_at::first},
    {"rpush", action::assign, keys_at::first},
    {"lpop", action::assign, keys_at::first},
    {"rpop", action::assign, keys_at::first},
    {"lset", action::assign, keys_at::first},
    {"ltrim", action::assign, keys_at::first},
    {"sadd", action::assign, keys_at::first},
    {"srem", action::assign, keys_at::first},
    {"spop", action::assign, keys_at::first},
    {"zadd", action::assign, keys_at::first},
    {"zincrby", action::assign, keys_at::first},
    {"zrem", action::assign, keys_at::first},
    {"xadd", action::assign, keys_at::first},
    {"pfadd", action::assign, keys_at::first},
    {"del", action::erase, keys_at::all},
    {"unlink", action::erase, keys_at::all},
    {"getdel", action::erase, keys_at::first},
};

// Reads `"…"` with redis' escapes from the front of `rest`; false: that is not what stands there.
bool take_quoted(std::string_view& rest, std::string& out) {
  if (rest.empty() || rest.front() != '"') return false;
  out.clear();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] != '\\') {
      out += rest[i];
      continue;
    }
    if (++i == rest.size()) return false;
    switch (rest[i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'a': out += '\a'; break;
      case 'b': out += '\b'; break;
      case 'x': {
        unsigned code = 0;
        if (i + 2 >= rest.size()) return false;
        const char* digits = rest.data() + i + 1;
        if (std::from_chars(digits, digits + 2, code, 16).ptr != digits + 2) return false;
        out += static_cast<char>(code);
        i += 2;
        break;
      }
      default: out += rest[i];
    }
  }
  return false;
}

bool take_number(std::string_view& rest, std::uint64_t& value) {
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (problem != std::errc{}) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

std::uint32_t bytes_of(const std::vector<std::string>& arguments, std::size_t from, std::size_t to) {
  std::size_t bytes = 0;
  for (std::size_t i = from; i < to && i < arguments.size(); ++i) bytes += arguments[i].size();
  return static_cast<std::uint32_t>(std::min<std::size_t>(bytes, operation::longest_value));
}

void add_operations(const std::vector<std::string>& arguments, parsed_line& into) {
  std::string name = arguments[0];
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto known =
      std::find_if(std::begin(commands), std::end(commands), [&](const auto& command) { return command.name == name; });
  if (known == std::end(commands) || arguments.size() < 2) return;
  switch (known->where) {
    case keys_at::nowhere: break;
    case keys_at::first: {
      // SETEX and PSETEX have a time before the value; what follows the value of SET are options.
      const bool timed = name == "setex" || name == "psetex";
      const std::size_t from = timed ? 3 : 2;
      const std::size_t to = name == "set" ? 3 : arguments.size();
      into.operations.push_back({known->what, arguments[1], bytes_of(arguments, from, to)});
      break;
    }
    case keys_at::all:
      for (std::size_t i = 1; i < arguments.size(); ++i) into.operations.push_back({known->what, arguments[i], 0});
      break;
    case keys_at::every_other:
      for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
        into.operations.push_back({known->what, arguments[i], bytes_of(arguments, i + 1, i + 2)});
      }
      break;
  }
}

}  // namespace

parsed_line parse_redis(std::string_view line) {
  parsed_line parsed;
  if (line.empty() || line == "OK" || line == "+OK") return parsed;
  std::string_view rest = line;
  if (rest.front() == '+') rest.remove_prefix(1);  // as the server itself sends it
  std::uint64_t seconds = 0;
  std::uint64_t micros = 0;
  if (!take_number(rest, seconds) || !take(rest, ".") || !take_number(rest, micros) || !take(rest, " [")) {
    parsed.expected = "expected a MONITOR line: seconds.micros [db client] \"COMMAND\" \"key\" …";
    return parsed;
  }
  const std::size_t close = rest.find("] ");
  if (close == std::string_view::npos) {
    parsed.expected = "expected [db client] after the time";
    return parsed;
  }
  parsed.thread = rest.substr(0, close);
  rest.remove_prefix(close + 2);
  std::vector<std::string> arguments;
  for (std::string argument; !rest.empty(); (void)take(rest, " ")) {
    if (!take_quoted(rest, argument)) {
      parsed.expected = "expected a quoted argument, closed by a quote; the line may be cut off";
      return parsed;
    }
    arguments.push_back(std::move(argument));
  }
  if (arguments.empty()) {
    parsed.expected = "expected a command after the client";
    return parsed;
  }
  parsed.time_us = seconds * 1'000'000 + micros;
  parsed.has_value_bytes = true;
  add_operations(arguments, parsed);
  return parsed;
}

}  // namespace portolan::workload
