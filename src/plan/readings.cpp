#include "koobatch/plan/readings.hpp"

#include "koobatch/core/describe.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::plan {
namespace {

using Found = state::ItemReader::Found;

std::string text_of(const koodrive::Violation& violation) {
  return violation.field.empty() ? violation.message : violation.field + ": " + violation.message;
}

/// The error, with the name of the file that it is about.
Error named(Error error, const std::string& name) {
  if (error.kind == ErrorKind::job && !error.message.starts_with(name)) error.message = name + ": " + error.message;
  return error;
}

}  // namespace

Result<bool> next_present(state::ItemReader& reader, const std::string& name, state::Entry& entry) {
  const auto found = reader.next(entry);
  if (!found) return named(found.error(), name);
  if (*found != Found::invalid) return *found == Found::entry;
  return job_error(fmt::format("{}:{}: {}; nothing is planned from a damaged state: export it again", name,
                               reader.line(), text_of(reader.violations().front())));
}

Result<void> Readings::read_desired(state::ItemReader& reader) {
  state::Entry entry;
  for (;;) {
    const auto found = reader.next(entry);
    if (!found) return found.error();
    if (*found == Found::end) return {};
    ++faults_.records;
    if (*found == Found::invalid) {
      add_faults(reader);
    } else if (!faults_.any()) {
      if (std::ranges::find(kinds_, entry.item.kind) == kinds_.end()) kinds_.push_back(entry.item.kind);
      if (auto added = maker_.add_desired(entry); !added) return added;
    }
  }
}

void Readings::add_faults(const state::ItemReader& reader) {
  ++faults_.invalid;
  const auto* const mangled = reader.mangled();
  if (mangled != nullptr) {
    has_mangled_ = true;
    proposals_.add(*mangled);
  }
  for (const auto& violation : reader.violations()) add({reader.line(), text_of(violation), mangled != nullptr});
}

void Readings::add(Fault fault) {
  ++faults_.count;
  if (first_.size() < listed_) first_.push_back(std::move(fault));
}

Result<void> Readings::read_present(state::ItemReader& reader, const std::string& name) {
  state::Entry entry;
  for (;;) {
    const auto more = next_present(reader, name, entry);
    if (!more) return more.error();
    if (!*more) return {};
    proposals_.see(entry.item);
    if (faults_.any()) continue;
    if (auto added = maker_.add_present(entry.item); !added) return added;
  }
}

void Readings::add_ambiguous(const Matches::Match& match) {
  std::string ids;
  for (const auto& id : match.candidates) ids.append(ids.empty() ? "" : ", ").append(id);
  if (match.candidates.size() == Matches::max_candidates) ids += " and maybe more";
  ++faults_.invalid;
  add({match.entry.line, fmt::format("match: several items match; give the id of the intended one: {}", ids)});
}

Result<Faults> Readings::finish(const std::string& name) {
  if (!faults_.any()) {
    const auto ambiguous = maker_.finish();
    if (!ambiguous) return named(ambiguous.error(), name);
    for (const auto& match : *ambiguous) add_ambiguous(match);
  }
  for (auto& [line, text, is_mangled] : first_) {
    if (is_mangled) {
      if (const auto id = proposals_.proposal(line); !id.empty())
        text.append("; its id was probably ").append(quote(id));
    }
    faults_.first.push_back(fmt::format("{}: {}", line, text));
  }
  return std::move(faults_);
}

}  // namespace koobatch::plan
