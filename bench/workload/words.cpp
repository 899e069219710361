// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/words.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unordered_map>

#include "bench/workload/input.hpp"

namespace portolan::workload {
namespace {

namespace files = std::filesystem;

constexpr std::size_t piece_words = 4096;

constexpr bool in_word(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 128;
}

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Numbers the words and deals them to the threads.
class dealer {
 public:
  dealer(workload& work, std::size_t words_at_most) : work_(work), left_(words_at_most) {}

  [[nodiscard]] bool full() const noexcept { return left_ == 0; }

  void text(std::string_view all) {
    for (std::size_t at = 0; at < all.size() && left_ != 0;) {
      if (!in_word(static_cast<unsigned char>(all[at]))) {
        ++at;
        continue;
      }
      const std::size_t from = at;
      while (at < all.size() && in_word(static_cast<unsigned char>(all[at]))) ++at;
      word(all.substr(from, at - from));
    }
  }

 private:
  void word(std::string_view text) {
    auto known = numbers_.find(text);
    if (known == numbers_.end()) {
      known = numbers_.emplace(std::string(text), work_.key_count++).first;
      work_.texts.emplace_back(text);
    }
    auto& stream = work_.streams[(dealt_ / piece_words) % work_.streams.size()];
    stream.emplace_back(action::add, known->second, 8);
    ++dealt_;
    --left_;
  }

  workload& work_;
  std::size_t left_;
  std::size_t dealt_ = 0;
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> numbers_;
};

std::vector<std::string> files_under(const std::string& path) {
  std::error_code problem;
  const files::file_status about = files::status(path, problem);
  if (!files::exists(about)) throw input_error(path, 0, "does not exist; a file or a directory was expected");
  if (!files::is_directory(about)) return {path};
  std::vector<std::string> found;
  const auto options = files::directory_options::skip_permission_denied;
  for (files::recursive_directory_iterator at(path, options, problem), end; !problem && at != end;
       at.increment(problem)) {
    std::error_code unknown;
    if (at->is_regular_file(unknown)) found.push_back(at->path().string());
  }
  if (problem) throw input_error(path, 0, "cannot be searched through: " + problem.message());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

words_found make_words(const words_settings& how) {
  words_found found;
  workload& work = found.work;
  work.title = "words";
  work.keys = key_kind::text;
  work.counting = true;
  work.once = true;
  work.streams.resize(std::max(1u, how.threads));
  dealer deal(work, how.words_at_most);
  for (const std::string& path : how.paths) {
    const std::vector<std::string> all = files_under(path);
    const bool named = all.size() == 1 && all.front() == path;
    for (const std::string& file : all) {
      if (deal.full()) {
        found.limited = true;
        break;
      }
      try {
        const std::string text = read_all(file, how.file_bytes_at_most);
        found.bytes += text.size();
        ++found.files;
        deal.text(text);
      } catch (const input_error& error) {
        if (named) throw;
        found.unreadable.emplace_back(error.what());
      }
    }
  }
  if (work.key_count == 0) {
    throw input_error(how.paths.empty() ? "--words" : how.paths.front(), 0,
                      "holds no word: nothing to count in " + std::to_string(found.files) + " files");
  }
  std::erase_if(work.streams, [](const auto& stream) { return stream.empty(); });
  gather_facts(work);
  return found;
}

std::vector<std::string> cxx_headers_of_this_machine() {
  std::vector<std::string> found;
  std::error_code problem;
  for (const char* root : {"/usr/include/c++", "/usr/local/include/c++", "/usr/lib/llvm-14/include/c++"}) {
    if (files::is_directory(root, problem)) found.emplace_back(root);
  }
  if (found.empty() && files::is_directory("/usr/include", problem)) found.emplace_back("/usr/include");
  return found;
}

}  // namespace portolan::workload
