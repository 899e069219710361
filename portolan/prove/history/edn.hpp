// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The part of EDN that histories are written in, told as JSON: keywords and symbols become strings, lists and sets arrays,
// maps objects whose keys are the texts of theirs; a tag (#jepsen.history.Op{…}) is passed over.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portolan::prove::files {

/// How deep forms may lie in each other; what reads or writes one calls itself for each.
inline constexpr unsigned deepest = 64;

/// Whether the brackets of a text in JSON lie deeper.
[[nodiscard]] bool is_too_deep(std::string_view text) noexcept;

class edn_forms {
 public:
  explicit edn_forms(std::string_view text) : text_(text) {}

  /// False at the end; else `json` is the next form, which begins at `line()`. Throws history_error.
  bool next(std::string& json);
  [[nodiscard]] std::size_t line() const noexcept { return line_of_form_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_of_form_ = 1;
};

}  // namespace portolan::prove::files
