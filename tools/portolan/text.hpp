// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How figures and tables look: three digits that count, one unit a column, 100 columns.
//
//    |marks| name                     |  right-aligned figures, unit in the second heading line
//
// Text is UTF-8 inside the program; `for_terminal` turns it into ASCII where the locale knows no more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::tool {

inline constexpr std::size_t page_columns = 100;

/// Characters as they show, not bytes.
[[nodiscard]] std::size_t width_of(std::string_view text) noexcept;
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);

/// Three significant digits, without an exponent: 0.0512, 1.10, 12.4, 1240.
[[nodiscard]] std::string three_digits(double value);
/// A time in µs: three digits, but none below the clock's own step of 10 ns.
[[nodiscard]] std::string micros(double value);
/// 41,200
[[nodiscard]] std::string grouped(std::uint64_t value);
/// 12.4 M, 41,200: as a person says it.
[[nodiscard]] std::string rounded_count(std::uint64_t value);
/// 12 %, 2.3 %, 0.05 %
[[nodiscard]] std::string percent(double share);
[[nodiscard]] std::string bytes_in_words(double bytes);

/// `text` broken into lines of at most `width`, at spaces.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// A line of the kind "advice    Two sentences …", continued below the first word of the text.
[[nodiscard]] std::string labelled(std::string_view label, std::string_view text);

class table {
 public:
  struct column {
    std::string title;
    std::string unit;
    std::size_t width;
  };
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  /// The first cell is aligned to the left, all others to the right.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// The same text with the signs of other alphabets spelled in ASCII.
[[nodiscard]] std::string in_ascii(std::string_view text);

/// What the terminal or pipe at the other end can show.
struct terminal {
  bool colour = false;
  bool utf8 = false;
  bool progress = false;  ///< the error stream is a terminal
  [[nodiscard]] static terminal of_this_process();
  [[nodiscard]] std::string shown(std::string_view text) const { return utf8 ? std::string(text) : in_ascii(text); }
  [[nodiscard]] std::string strong(std::string_view text) const;
};

/// Writes to the standard output; false: it is full or closed.
[[nodiscard]] bool print(const terminal& to, std::string_view text);
/// One message on the error stream, after the program's name.
void complain(const terminal& to, std::string_view text);

/// The known word that `word` was probably meant to be; empty if none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace portolan::tool
