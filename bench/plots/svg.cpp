// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/plots/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace portolan::plots {
namespace {

constexpr double page_width = 760;
constexpr double label_width = 210;
constexpr double figure_width = 90;

std::string figure(double value) {
  if (value == 0) return "0";
  if (std::fabs(value) < 0.001) return fmt::format("{:.0e}", value);
  const int before_point = static_cast<int>(std::floor(std::log10(std::fabs(value)))) + 1;
  return fmt::format("{:.{}f}", value, std::clamp(3 - before_point, 0, 4));
}

std::string text(double x, double y, const std::string& anchor, const std::string& what) {
  return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, escaped(what));
}

std::string frame(double height, const std::string& title, const std::string& body) {
  return fmt::format(
      "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">{}</svg>"
      "</figure>\n",
      escaped(title), page_width, height, escaped(title), body);
}

// Where values lie on an axis, and which of them get a line across.
class ruler {
 public:
  ruler(const std::vector<double>& values, scale kind) : kind_(kind) {
    double low = 1e300;
    for (const double v : values) {
      if (!(v > 0)) continue;
      low = std::min(low, v);
      high_ = std::max(high_, v);
    }
    if (kind_ == scale::logarithmic) {
      low_ = low > high_ ? 1 : std::pow(10, std::floor(std::log10(low)));
      high_ = std::max(std::pow(10, std::ceil(std::log10(std::max(high_, low_)))), 10 * low_);
    } else {
      step_ = round_step(std::max(high_, 1e-9) / 4);
      high_ = step_ * std::ceil(std::max(high_, 1e-9) / step_);
    }
  }

  /// 0 at the axis' beginning, 1 at its end.
  [[nodiscard]] double share(double value) const {
    if (kind_ == scale::linear) return value / high_;
    return std::log10(std::max(value, low_) / low_) / std::log10(high_ / low_);
  }

  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> all;
    if (kind_ == scale::logarithmic) {
      for (double v = low_; v <= high_ * 1.001; v *= 10) all.push_back(v);
    } else {
      for (double v = 0; v <= high_ * 1.001; v += step_) all.push_back(v);
    }
    return all;
  }

 private:
  scale kind_;
  // The least of 1, 2, 2.5, 5 and 10, and of these times a power of ten, that is not below `least`.
  static double round_step(double least) {
    const double power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
      if (factor * power >= least * 0.999) return factor * power;
    }
    return 10 * power;
  }

  double low_ = 0;
  double high_ = 0;
  double step_ = 0;
};

// Where lines and curves are drawn, and their frame: a title above, the vertical axis, the key below.
constexpr double top = 24;
constexpr double bottom = 280;
constexpr double left = 70;
constexpr double right = page_width - 20;

double y_of(const ruler& vertical, double value) { return bottom - vertical.share(value) * (bottom - top); }

std::string grid(const ruler& vertical, const std::string& unit) {
  std::string body = text(left - 8, top - 10, "end", unit);
  for (const double tick : vertical.ticks()) {
    const double y = y_of(vertical, tick);
    body += fmt::format("<path class=\"grid\" d=\"M{:.0f} {:.1f}H{:.0f}\"/>", left, y, right);
    body += text(left - 8, y + 4, "end", figure(tick));
  }
  return body;
}

// One line with its marks and its entry in the key, the `number`th.
std::string drawn(std::size_t number, const std::string& label, bool strong, const std::string& path,
                  const std::string& marks, double key_top) {
  const double key_x = left + 20 + 230 * static_cast<double>(number % 3);
  const double key_y = key_top + 20 * static_cast<double>(number / 3);
  return fmt::format("<g class=\"line c{}{}\"><path d=\"{}\"/>{}<path d=\"M{:.0f} {:.0f}h24\"/></g>", number % 12,
                     strong ? " thick" : "", path, marks, key_x, key_y - 4) +
         text(key_x + 30, key_y, "start", label);
}

double key_height(std::size_t count) { return 20 * static_cast<double>((count + 2) / 3); }

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
  }
  return out;
}

std::string bars(const std::string& title, const std::string& unit, const std::vector<bar>& all) {
  constexpr double row = 26;
  double most = 1e-12;
  for (const bar& b : all) most = std::max(most, b.high);
  const double room = page_width - label_width - figure_width;
  std::string body;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bar& b = all[i];
    const double y = row * static_cast<double>(i) + 4;
    const auto x = [&](double value) { return label_width + room * value / most; };
    body += text(label_width - 8, y + 14, "end", b.label);
    body += fmt::format(
        "<rect class=\"{}\" x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"18\"><title>{}</title></rect>",
        b.strong ? "strong" : "weak", label_width, y, std::max(1.0, room * b.value / most),
        escaped(fmt::format("{}: {} {} ({} to {})", b.label, figure(b.value), unit, figure(b.low), figure(b.high))));
    body +=
        fmt::format("<path class=\"whisker\" d=\"M{:.1f} {:.0f}v8m0 -4H{:.1f}m0 -4v8\"/>", x(b.low), y + 5, x(b.high));
    body += text(std::max(x(b.high), x(b.value)) + 8, y + 14, "start", figure(b.value) + " " + unit);
  }
  return frame(row * static_cast<double>(all.size()) + 8, title, body);
}

std::string lines(const std::string& title, const std::string& unit, const std::vector<std::string>& points,
                  const std::vector<series>& all, scale vertical) {
  std::vector<double> values;
  for (const series& one : all) values.insert(values.end(), one.values.begin(), one.values.end());
  const ruler axis(values, vertical);
  std::string body = grid(axis, unit);
  const double step = points.size() > 1 ? (right - left - 40) / static_cast<double>(points.size() - 1) : 0;
  const auto x = [&](std::size_t i) { return left + 20 + step * static_cast<double>(i); };
  for (std::size_t i = 0; i < points.size(); ++i) body += text(x(i), bottom + 18, "middle", points[i]);
  for (std::size_t s = 0; s < all.size(); ++s) {
    std::string path;
    std::string marks;
    for (std::size_t i = 0; i < all[s].values.size(); ++i) {
      const double y = y_of(axis, all[s].values[i]);
      path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", x(i), y);
      marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}</title></circle>", x(i), y,
                           escaped(all[s].label + ", " + points[i] + ": " + figure(all[s].values[i]) + " " + unit));
    }
    body += drawn(s, all[s].label, all[s].strong, path, marks, bottom + 42);
  }
  return frame(bottom + 50 + key_height(all.size()), title, body);
}

std::string curves(const std::string& title, const axis& horizontal, const axis& vertical,
                   const std::vector<curve>& all) {
  std::vector<double> across;
  std::vector<double> up;
  for (const curve& one : all) {
    for (const auto& [x, y] : one.points) across.push_back(x), up.push_back(y);
  }
  const ruler to_right(across, horizontal.steps);
  const ruler upward(up, vertical.steps);
  std::string body = grid(upward, vertical.unit);
  const auto x_of = [&](double value) { return left + 20 + to_right.share(value) * (right - left - 40); };
  for (const double tick : to_right.ticks()) {
    body += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1:.0f}V{2:.0f}\"/>", x_of(tick), top, bottom);
    body += text(x_of(tick), bottom + 18, "middle", figure(tick));
  }
  body += text(right, bottom + 36, "end", horizontal.unit);
  for (std::size_t s = 0; s < all.size(); ++s) {
    std::string path;
    for (const auto& [x, y] : all[s].points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(x), y_of(upward, y));
    }
    body += drawn(s, all[s].label, all[s].strong, path, "", bottom + 58);
  }
  return frame(bottom + 66 + key_height(all.size()), title, body);
}

std::string document(const std::string& figure) {
  // The figure's own parts: <figure><figcaption>…</figcaption><svg viewBox="0 0 W H" …>…</svg></figure>
  const auto between = [&](const std::string& before, const std::string& after) {
    const std::size_t from = figure.find(before);
    if (from == std::string::npos) return std::string();
    const std::size_t to = figure.find(after, from + before.size());
    return figure.substr(from + before.size(), to - from - before.size());
  };
  constexpr double caption_height = 34;
  const std::string caption = between("<figcaption>", "</figcaption>");
  const double height = std::stod(between(fmt::format("viewBox=\"0 0 {:.0f} ", page_width), "\"")) + caption_height;
  const std::string svg = between("<svg ", "</svg>");
  const std::string body = svg.substr(svg.find('>') + 1);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title><style>svg{{color:#1f2328}}{3}.caption{{font-weight:600}}"
      "</style>\n<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n<text class=\"caption\" x=\"20\" "
      "y=\"22\">{2}</text>\n<g transform=\"translate(0 {4:.0f})\">{5}</g>\n</svg>\n",
      page_width, height, caption, style(), caption_height, body);
}

std::string style() {
  std::string out =
      "figure{margin:1.5em 0}figcaption{font-weight:600;margin-bottom:.4em}svg{max-width:760px;width:100%}"
      "svg text{font:12px system-ui,sans-serif;fill:currentColor}.strong{fill:#0a6ebd}.weak{fill:#9db8cc}"
      ".whisker{stroke:currentColor;fill:none}.grid{stroke:currentColor;opacity:.15}"
      ".line path{fill:none;stroke-width:1.5}.line circle{stroke:none}.thick path{stroke-width:3}";
  const char* const colours[] = {"#0a6ebd", "#d1651a", "#2b8a3e", "#b02a5b", "#6741d9", "#8a6d00",
                                 "#0b7285", "#c92a2a", "#5c940d", "#862e9c", "#495057", "#a35200"};
  for (int i = 0; i < 12; ++i) {
    // Colours repeat for who sees few of them: the second half of the lines is broken.
    const char* const dashes = i < 6 ? "" : ";stroke-dasharray:6 3";
    out += fmt::format(".c{0} path{{stroke:{1}{2}}}.c{0} circle{{fill:{1}}}", i, colours[i], dashes);
  }
  return out;
}

}  // namespace portolan::plots
