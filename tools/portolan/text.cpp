// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/text.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace portolan::tool {

std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t has = width_of(text);
  return std::string(has < width ? width - has : 0, ' ') + std::string(text);
}

std::string padded_right(std::string_view text, std::size_t width) {
  const std::size_t has = width_of(text);
  return std::string(text) + std::string(has < width ? width - has : 0, ' ');
}

std::string three_digits(double value) {
  if (!std::isfinite(value)) return "–";
  if (value == 0) return "0";
  const int before_point = static_cast<int>(std::floor(std::log10(std::fabs(value)))) + 1;
  return fmt::format("{:.{}f}", value, std::clamp(3 - before_point, 0, 4));
}

std::string micros(double value) { return value < 1 ? fmt::format("{:.2f}", value) : three_digits(value); }

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string rounded_count(std::uint64_t value) {
  if (value < 1'000'000) return grouped(value);
  return three_digits(static_cast<double>(value) / 1e6) + " M";
}

std::string percent(double share) {
  const double value = 100 * share;
  if (value == 0) return "0 %";
  if (value < 10) return fmt::format("{:.{}f} %", value, value < 0.1 ? 2 : 1);
  return fmt::format("{:.{}f} %", value, value > 99 && value < 100 ? 1 : 0);
}

std::string bytes_in_words(double bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit < 3; ++unit) bytes /= 1024;
  return (unit == 0 ? fmt::format("{:.0f}", bytes) : three_digits(bytes)) + " " + units[unit];
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view word = text.substr(at, end - at);
    if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
    at = end + 1;
  }
  return lines;
}

std::string labelled(std::string_view label, std::string_view text) {
  constexpr std::size_t indent = 10;
  std::string out;
  std::string head(label);
  for (const std::string& line : wrapped(text, page_columns - indent)) {
    out += padded_right(head, indent) + line + "\n";
    head.clear();
  }
  return out;
}

std::string table::text() const {
  const auto line = [&](const auto& cell_of) {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out += i == 0 ? padded_right(cell_of(i), columns_[i].width) : padded_left(cell_of(i), columns_[i].width);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  };
  std::string out = line([&](std::size_t i) { return columns_[i].title; });
  const bool units = std::any_of(columns_.begin(), columns_.end(), [](const column& c) { return !c.unit.empty(); });
  if (units) out += line([&](std::size_t i) { return columns_[i].unit; });
  for (const auto& cells : rows_) {
    out += line([&](std::size_t i) { return i < cells.size() ? cells[i] : std::string(); });
  }
  return out;
}

std::string in_ascii(std::string_view text) {
  constexpr struct {
    std::string_view sign;
    std::string_view ascii;
  } signs[] = {{"±", "+-"}, {"µ", "u"},  {"…", "..."}, {"×", "x"}, {"–", "-"},
               {"≤", "<="}, {"→", "->"}, {"█", "#"},   {"░", "."}, {"·", "."}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto known = std::find_if(std::begin(signs), std::end(signs),
                                    [&](const auto& s) { return text.substr(at).starts_with(s.sign); });
    if (known != std::end(signs)) {
      out += known->ascii;
      at += known->sign.size();
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      out += text[at];
    } else if ((byte & 0xC0) != 0x80) {
      out += '?';
    }
    ++at;
  }
  return out;
}

terminal terminal::of_this_process() {
  ::setlocale(LC_CTYPE, "");
  const char* no_colour = std::getenv("NO_COLOR");
  terminal found;
  found.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  found.colour = ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
  found.progress = ::isatty(STDERR_FILENO) == 1;
  return found;
}

std::string terminal::strong(std::string_view text) const {
  return colour ? "\033[1m" + std::string(text) + "\033[0m" : std::string(text);
}

bool print(const terminal& to, std::string_view text) {
  const std::string shown = to.shown(text);
  const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
  return std::fflush(stdout) == 0 && written;
}

void complain(const terminal& to, std::string_view text) {
  const std::string shown = to.shown(text);
  std::fprintf(stderr, "portolan: %s\n", shown.c_str());
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1;
  for (const std::string& other : known) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 0; j < other.size(); ++j) {
        const std::size_t above = row[j + 1];
        row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (word[i] == other[j] ? 0u : 1u)});
        diagonal = above;
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = other;
    }
  }
  return best;
}

}  // namespace portolan::tool
