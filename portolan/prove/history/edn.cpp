// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/prove/history/edn.hpp>

#include <cctype>
#include <charconv>

#include <nlohmann/json.hpp>

#include <portolan/prove/history_files.hpp>

namespace portolan::prove::files {
namespace {

bool ends_an_atom(char c) noexcept {
  return c == '\0' || std::isspace(static_cast<unsigned char>(c)) != 0 ||
         std::string_view(",()[]{}\";").find(c) != std::string_view::npos;
}

template <class Number>
bool whole(std::string_view word, Number& number) noexcept {
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number);
  return failed == std::errc() && end == word.data() + word.size();
}

/// Whether a word is written as a number with a fraction or an exponent.
bool is_broken_number(std::string_view word) noexcept {
  return word.find_first_of(".eE") != std::string_view::npos &&
         word.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

/// As JSON; what is no UTF-8 is replaced.
std::string shown(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class edn_reader {
 public:
  edn_reader(std::string_view text, std::size_t& at, std::size_t& line) : text_(text), at_(at), line_(line) {}

  nlohmann::json form();
  void skip();

 private:
  nlohmann::json sequence(char closing);
  nlohmann::json map();
  nlohmann::json dispatched();
  std::string quoted();
  nlohmann::json atom();
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  char take() noexcept;
  [[noreturn]] void refuse(const std::string& why) const;

  std::string_view text_;
  std::size_t& at_;
  std::size_t& line_;
  unsigned depth_ = 0;
};

nlohmann::json edn_reader::form() {
  skip();
  if (at_ == text_.size())
    refuse("the file ends within a form; close its brackets, or cut it after its last whole event");
  if (++depth_ > deepest) refuse("forms lie in each other more than 64 deep; an event is one map of plain values");
  nlohmann::json made;
  switch (peek()) {
    case '{': made = map(); break;
    case '[': made = sequence(']'); break;
    case '(': made = sequence(')'); break;
    case '"': made = quoted(); break;
    case '#': made = dispatched(); break;
    case '}':
    case ']':
    case ')': refuse(std::string("a `") + peek() + "` that nothing opened; remove it");
    default: made = atom();
  }
  --depth_;
  return made;
}

nlohmann::json edn_reader::sequence(char closing) {
  take();
  nlohmann::json all = nlohmann::json::array();
  for (skip(); peek() != closing; skip()) all.push_back(form());
  take();
  return all;
}

nlohmann::json edn_reader::map() {
  take();
  nlohmann::json all = nlohmann::json::object();
  for (skip(); peek() != '}'; skip()) {
    const nlohmann::json key = form();
    skip();
    if (peek() == '}') refuse("a map has a key without a value; give `" + shown(key) + "` one");
    all[key.is_string() ? key.get<std::string>() : shown(key)] = form();
  }
  take();
  return all;
}

/// After `#`: a set, a form to leave out, or a tag and its form.
nlohmann::json edn_reader::dispatched() {
  take();
  if (peek() == '{') return sequence('}');
  if (peek() == '_') {
    take();
    static_cast<void>(form());
    return form();
  }
  while (!ends_an_atom(peek())) take();
  return form();
}

std::string edn_reader::quoted() {
  take();
  std::string word;
  while (peek() != '"') {
    if (at_ == text_.size()) refuse("a text has no end; close it with a quotation mark");
    const char c = take();
    if (c != '\\') {
      word += c;
      continue;
    }
    const char escaped = take();
    word += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
  }
  take();
  return word;
}

nlohmann::json edn_reader::atom() {
  const std::size_t begin = at_;
  while (!ends_an_atom(peek())) take();
  std::string_view word = text_.substr(begin, at_ - begin);
  if (word.empty()) refuse("a character that begins nothing; remove it");
  if (word == "nil") return nullptr;
  if (word == "true") return true;
  if (word == "false") return false;
  if (word.front() == ':') return std::string(word.substr(1));
  std::string_view digits = word.back() == 'N' || word.back() == 'M' ? word.substr(0, word.size() - 1) : word;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t natural = 0;
  std::int64_t integer = 0;
  if (whole(digits, natural)) return natural;
  if (whole(digits, integer)) return integer;
  double broken = 0;
  if (is_broken_number(digits) && whole(digits, broken)) return broken;
  return std::string(word);
}

void edn_reader::skip() {
  for (;;) {
    const char c = peek();
    if (c == ';') {
      while (at_ < text_.size() && peek() != '\n') take();
    } else if (at_ < text_.size() && (c == ',' || std::isspace(static_cast<unsigned char>(c)) != 0)) {
      take();
    } else {
      return;
    }
  }
}

char edn_reader::take() noexcept {
  if (at_ == text_.size()) return '\0';
  line_ += text_[at_] == '\n' ? 1 : 0;
  return text_[at_++];
}

void edn_reader::refuse(const std::string& why) const {
  throw history_error("line " + std::to_string(line_) + ": " + why);
}

}  // namespace

bool is_too_deep(std::string_view text) noexcept {
  unsigned depth = 0;
  bool in_quotes = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_quotes) {
      if (c == '\\') ++at;
      if (c == '"') in_quotes = false;
    } else if (c == '"') {
      in_quotes = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

bool edn_forms::next(std::string& json) {
  edn_reader reader(text_, at_, line_);
  reader.skip();
  if (at_ == text_.size()) return false;
  line_of_form_ = line_;
  json = shown(reader.form());
  return true;
}

}  // namespace portolan::prove::files
