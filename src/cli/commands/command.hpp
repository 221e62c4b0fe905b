#pragma once
#include "cli/exit_status.hpp"
#include "cli/settings/groups.hpp"
#include "cli/settings/option.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/observe/console.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// The input of a command, besides its settings.
struct Call {
  std::vector<std::string> arguments;  ///< JOB, REPORT, or ID and REPORT…
  Origins origins;                     ///< which settings were given, and where, for the messages of checks
  Flags recorded;                ///< of a command that continues a run: the settings that the report was started with
  std::string to_record = "{}";  ///< what was set, for the `run` line of a report
  std::shared_ptr<observe::Console> console;  ///< standard error
};

/// One call of a command: its settings and its work.
class Task {
 public:
  virtual ~Task() = default;
  /// The settings, for the options to store into.
  virtual Groups groups() = 0;
  /// Does the work and returns the exit status. Prints results to standard output, everything else to standard error.
  virtual int run(const Call& call) const = 0;
};

template <class Settings, int (*work)(const Settings&, const Call&)>
class TaskWith final : public Task {
 public:
  Groups groups() override { return Groups(settings_); }
  int run(const Call& call) const override { return work(settings_, call); }

 private:
  Settings settings_;
};

/// A task with these settings, at their defaults, and this work.
template <class Settings, int (*work)(const Settings&, const Call&)>
std::shared_ptr<Task> task() {
  return std::make_shared<TaskWith<Settings, work>>();
}

/// A positional argument.
struct Argument {
  std::string_view name;  ///< as shown in help: "JOB"
  std::string_view help;
  bool is_path = false;
  bool repeated = false;                  ///< may occur any number of times, or not at all; only for the last argument
  std::vector<std::string_view> words{};  ///< the permitted words; empty: not a fixed set
  bool optional = false;                  ///< may be left out; only for the last argument

  /// "JOB", or the words as "man|bash|zsh|fish"
  std::string label() const;
};

/// A value that a command implies if no source sets `option`, unless `unless` is set.
struct Implied {
  std::string_view option;
  std::string value;
  std::string_view unless;
};

/// The headings of commands, in the order in which help lists them.
namespace command_group {
constexpr std::string_view runs_jobs = "Run jobs";
constexpr std::string_view many_machines = "Run jobs on many machines";
constexpr std::string_view looks_back = "Look at reports";
constexpr std::string_view tries = "Try and measure";
constexpr std::string_view sets_up = "Set up";
}  // namespace command_group

/// A command. Command line, help, manual page and completions are generated from this row. Each command is defined in
/// its own file, with its settings, its checks and its work.
struct Command {
  std::string_view name;
  std::string_view summary;  ///< without a full stop
  std::string_view group;    ///< under which help lists it
  std::vector<Argument> arguments{};
  std::vector<std::string_view> examples;  ///< one line each
  std::vector<Option> own_options{};       ///< besides those of the groups among its settings
  std::vector<ExitRow> statuses;
  bool sends = false;          ///< whether it sends to the service, with credentials that others must not see
  bool continues_run = false;  ///< whether its first argument is a report, from which it takes settings
  /// The options that name a report from which the command takes settings, if one is given.
  std::vector<std::string_view> continues_reports{};
  std::vector<Implied> implied{};
  std::shared_ptr<Task> (*begin)() = nullptr;
};

/// All commands, in the order in which help lists them.
const std::vector<const Command*>& commands();

/// The command of this name; null if there is none.
const Command* command_named(std::string_view name);

/// The options that a command takes, in the order in which help lists them.
std::vector<const Option*> options_of(const Command& command);

/// The option of this name that the command takes; null if there is none.
const Option* option_named(const Command& command, std::string_view name);

/// The options of all commands, each once.
std::vector<const Option*> every_option();

}  // namespace koobatch::cli
