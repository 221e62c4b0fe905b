#pragma once
#include <string>
#include <string_view>

namespace koobatch {

/// A name without what people vary when they write it: blanks, including those of word processors, underscores, hyphens
/// and the case of ASCII letters. Names that are equal so mean the same to a reader of spreadsheets.
std::string bare_name(std::string_view name);

}  // namespace koobatch
