// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/prove/history_drawing.hpp>

#include <algorithm>
#include <cstdio>

namespace portolan::prove {
namespace {

constexpr int left = 90, column = 76, row = 46, bar = 26, top = 24;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string attribute(const char* name, int value) {
  return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

struct call {
  operation one;
  const char* kind;
};

/// One violation: lanes from top to bottom, the calls' beginnings and ends in their order from left to right.
class picture {
 public:
  picture(const violation& bad, const history& of) : bad_(bad), of_(of) {
    for (const operation& each : bad.context) calls_.push_back({each, "led"});
    for (std::size_t i = 0; i < bad.core.size(); ++i) {
      calls_.push_back({bad.core[i], i == bad.culprit ? "culprit" : "core"});
    }
    for (const call& each : calls_) {
      moments_.push_back(each.one.call);
      if (each.one.returned != never) moments_.push_back(each.one.returned);
      lanes_.push_back(each.one.lane);
    }
    sort_out(moments_);
    sort_out(lanes_);
  }

  [[nodiscard]] std::string svg() const {
    const int width = left + column * (static_cast<int>(moments_.size()) + 1);
    const int height = top + row * static_cast<int>(lanes_.size()) + 20;
    std::string all = "<svg" + attribute("width", width) + attribute("height", height) + ">\n";
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const int y = top + row * static_cast<int>(i) + bar / 2;
      all += "<text class=\"lane\" x=\"8\"" + attribute("y", y + 5) + ">lane " + std::to_string(lanes_[i]) + "</text>";
      all +=
          "<line" + attribute("x1", left) + attribute("x2", width) + attribute("y1", y) + attribute("y2", y) + "/>\n";
    }
    if (!bad_.core.empty()) {
      const int x = left + column * place_in(moments_, bad_.core.front().call) - 8;
      all += "<line class=\"begin\"" + attribute("x1", x) + attribute("x2", x) + attribute("y1", 4) +
             attribute("y2", height - 4) + "/><text class=\"note\"" + attribute("x", x + 4) + " y=\"14\">" +
             escaped(bad_.present ? "value " + of_.name_of(bad_.value) : std::string("no entry")) + "</text>\n";
    }
    for (const call& each : calls_) all += drawn_call(each, width);
    return all + "</svg>\n";
  }

 private:
  template <class T>
  static void sort_out(std::vector<T>& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  template <class T>
  static int place_in(const std::vector<T>& all, T value) {
    return static_cast<int>(std::lower_bound(all.begin(), all.end(), value) - all.begin());
  }

  [[nodiscard]] std::string drawn_call(const call& each, int width) const {
    const int x = left + column * place_in(moments_, each.one.call);
    const int end = each.one.returned == never ? width : left + column * place_in(moments_, each.one.returned) - 4;
    const int y = top + row * place_in(lanes_, each.one.lane);
    const std::string words = described(each.one, of_);
    return "<g class=\"" + std::string(each.kind) + (each.one.returned == never ? " open" : "") + "\"><title>" +
           escaped(words + "\n" + times(each.one)) + "</title><rect" + attribute("x", x) + attribute("y", y) +
           attribute("width", std::max(8, end - x)) + attribute("height", bar) + " rx=\"4\"/><text" +
           attribute("x", x + 6) + attribute("y", y + 17) + ">" + escaped(words) + "</text></g>\n";
  }

  /// When, from the first call of the picture on.
  [[nodiscard]] std::string times(const operation& one) const {
    const std::uint64_t zero = moments_.front();
    const auto ns = [&](std::uint64_t at) { return static_cast<double>(at - zero) / of_.ticks_a_ns; };
    char text[80];
    if (one.returned == never) {
      std::snprintf(text, sizeof text, "from %.0f ns on; whether it happened does not matter", ns(one.call));
    } else {
      std::snprintf(text, sizeof text, "%.0f to %.0f ns", ns(one.call), ns(one.returned));
    }
    return text;
  }

  const violation& bad_;
  const history& of_;
  std::vector<call> calls_{};
  std::vector<std::uint64_t> moments_{};
  std::vector<std::uint32_t> lanes_{};
};

constexpr const char* style =
    "body{font:15px/1.4 sans-serif;margin:2em;color:#222;background:#fff}h2{font-size:1.1em;margin:1.6em 0 .4em}"
    "svg{display:block;font-size:12px}.scroll{overflow-x:auto;border:1px solid #ddd}"
    "line{stroke:#e4e4e4}line.begin{stroke:#888;stroke-dasharray:4 3}text.lane,text.note{fill:#666}"
    "rect{fill:#cfe3f7;stroke:#4a83b8}.led rect{fill:#f4f4f4;stroke:#ccc}.led text{fill:#888}"
    ".culprit rect{fill:#f8c9c4;stroke:#c0392b;stroke-width:2}.culprit text{font-weight:bold}"
    ".open rect{fill:#eef4fa;stroke-dasharray:5 3}";

}  // namespace

std::string drawn(const verdict& seen, const history& of) {
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>History</title><style>" +
                     std::string(style) + "</style></head><body>\n<p>" + escaped(seen.text()) + "</p>\n";
  if (!seen.violations.empty()) {
    page +=
        "<p>Each bar is a call, from its beginning to its end; calls whose bars overlap may have happened in either "
        "order. "
        "From the dashed line on, no order gives all these answers: red is the first call that none allows. Pale: what "
        "came before. Dashed: a call whose answer does not matter.</p>\n";
  }
  for (const violation& each : seen.violations) {
    page += "<h2>" + escaped(each.sentence) + "</h2>\n";
    if (!each.core.empty()) page += "<div class=\"scroll\">" + picture(each, of).svg() + "</div>\n";
  }
  return page + "</body></html>\n";
}

}  // namespace portolan::prove
