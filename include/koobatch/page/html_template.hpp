#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::page {

/// The values for the names in a template: texts, and sections, which may repeat, each time with their own values.
class TemplateValues {
 public:
  TemplateValues& set(std::string_view name, std::string_view text);
  /// Adds another repetition of the section.
  TemplateValues& add(std::string_view section);

 private:
  friend class TemplateWriter;
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, std::vector<TemplateValues>, std::less<>> sections_;
};

/// Fills in a template, in a small part of the Mustache notation:
///   {{name}}             the text, escaped so that HTML shows it as it is, between tags and in quoted attributes
///   {{{name}}}           the text as it is, which must be ours
///   {{#name}}…{{/name}}  once for each time the section was added
///   {{^name}}…{{/name}}  if it was never added
/// Names are looked up in the innermost section first. A text that was not set, and a section that is not closed, are
/// bugs: std::logic_error.
std::string fill_template(std::string_view source, const TemplateValues& values);

/// Appends `text`, escaped for HTML.
void append_html(std::string& out, std::string_view text);

}  // namespace koobatch::page
