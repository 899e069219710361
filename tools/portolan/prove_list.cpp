// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Reads the list of promises.
#include <regex>

#include "bench/workload/input.hpp"
#include "tools/portolan/prove.hpp"

namespace portolan::tool {
namespace {

using workload::input_error;
using workload::line_outcome;
using workload::line_reader;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

/// "a | b" as a and b; without a bar b is empty.
std::pair<std::string, std::string> halves(const std::string& text, std::string_view bar = " | ") {
  const auto at = text.rfind(bar);
  if (at == std::string::npos) return {text, ""};
  return {trimmed(text.substr(0, at)), trimmed(text.substr(at + bar.size()))};
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

class list_reader {
 public:
  explicit list_reader(const std::string& file) : file_(file), lines_(file) {}

  std::vector<promise> read() {
    line_outcome outcome = line_outcome::line;
    while ((outcome = lines_.next()) == line_outcome::line) {
      const std::string line = trimmed(lines_.text());
      if (!line.empty() && line.front() != '#') take(line);
    }
    if (outcome != line_outcome::end) throw input_error(file_, lines_.number(), "cannot be read: " + lines_.problem());
    if (all_.empty()) throw input_error(file_, 0, "holds no promise; a promise begins with a line == MAP | PROMISE");
    return std::move(all_);
  }

 private:
  void take(const std::string& line) {
    if (line.starts_with("== ")) {
      const auto [of, says] = halves(line.substr(3));
      if (of.empty() || says.empty()) fail("wants == MAP | PROMISE");
      promise& fresh = all_.emplace_back();
      fresh.of = of;
      fresh.says = says;
      return;
    }
    if (all_.empty()) fail("stands before the first promise, a line == MAP | PROMISE");
    const std::string name = line.substr(0, line.find(' '));
    const std::string value = trimmed(line.substr(name.size()));
    if (value.empty()) fail(name + " wants a value");
    promise& to = all_.back();
    if (name == "by") {
      to.how = value;
    } else if (name == "run") {
      to.command = words_in(value);
    } else if (name == "over") {
      std::tie(to.amount, to.unit) = halves(value);
      check_expression(to.amount, 1);
    } else if (name == "all") {
      to.unless = value;
      check_expression(value, 0);
    } else if (name == "for") {
      if (halves(value).second.empty()) fail("wants for TAG... | FUNCTION...");
    } else if (name == "open") {
      to.open = value;
    } else {
      fail("begins with " + name + "; known are by, run, over, all, for, open and ==");
    }
  }
  void check_expression(const std::string& text, unsigned groups) const {
    try {
      if (std::regex(text).mark_count() < groups) fail("wants one group in the expression: the number, as ([0-9]+)");
    } catch (const std::regex_error&) {
      fail("has no regular expression: " + text);
    }
  }
  [[noreturn]] void fail(const std::string& sentence) const { throw input_error(file_, lines_.number(), sentence); }

  std::string file_;
  line_reader lines_;
  std::vector<promise> all_;
};

}  // namespace

std::vector<promise> promises_in(const std::string& file) { return list_reader(file).read(); }

}  // namespace portolan::tool
