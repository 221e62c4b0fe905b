#include "koobatch/page/html_template.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace koobatch::page {

/// Processes a template, tracking the sections it is in.
class TemplateWriter {
 public:
  explicit TemplateWriter(std::string& out) : out_(out) {}

  void write(std::string_view source, const TemplateValues& values) {
    scopes_.push_back(&values);
    write_parts(source);
    scopes_.pop_back();
  }

 private:
  void write_parts(std::string_view source) {
    for (std::size_t open; (open = source.find("{{")) != std::string_view::npos;) {
      out_.append(source.substr(0, open));
      source.remove_prefix(open + 2);
      const bool raw = source.starts_with('{');
      const auto tag = take_until(source, raw ? "}}}" : "}}").substr(raw ? 1 : 0);
      if (tag.starts_with('#') || tag.starts_with('^')) {
        write_section(tag, take_until(source, fmt::format("{{{{/{}}}}}", tag.substr(1))));
      } else if (raw) {
        out_.append(text(tag));
      } else {
        append_html(out_, text(tag));
      }
    }
    out_.append(source);
  }

  void write_section(std::string_view tag, std::string_view body) {
    const auto times = section(tag.substr(1));
    if (tag.front() == '^') {
      if (times.empty()) write_parts(body);
      return;
    }
    for (const auto* values : times) write(body, *values);
  }

  static std::string_view take_until(std::string_view& source, std::string_view end) {
    const std::size_t found = source.find(end);
    if (found == std::string_view::npos) throw std::logic_error(fmt::format("template: no {}", end));
    const auto taken = source.substr(0, found);
    source.remove_prefix(found + end.size());
    return taken;
  }

  std::string_view text(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = (*scope)->texts_.find(name);
      if (found != (*scope)->texts_.end()) return found->second;
    }
    throw std::logic_error(fmt::format("template: nothing is called {}", name));
  }

  std::vector<const TemplateValues*> section(std::string_view name) const {
    std::vector<const TemplateValues*> times;
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend() && times.empty(); ++scope) {
      const auto found = (*scope)->sections_.find(name);
      if (found == (*scope)->sections_.end()) continue;
      for (const auto& values : found->second) times.push_back(&values);
    }
    return times;
  }

  std::string& out_;
  std::vector<const TemplateValues*> scopes_;
};

TemplateValues& TemplateValues::set(std::string_view name, std::string_view text) {
  texts_.insert_or_assign(std::string(name), std::string(text));
  return *this;
}

TemplateValues& TemplateValues::add(std::string_view section) {
  return sections_[std::string(section)].emplace_back();
}

std::string fill_template(std::string_view source, const TemplateValues& values) {
  std::string out;
  TemplateWriter(out).write(source, values);
  return out;
}

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
}

}  // namespace koobatch::page
