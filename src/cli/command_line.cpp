#include "cli/command_line.hpp"

#include "cli/reference/help.hpp"
#include "cli/reference/reference.hpp"
#include "cli/settings/config_file.hpp"
#include "cli/settings/precedence.hpp"
#include "cli/settings/proxy_variables.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/http/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace koobatch::cli {
namespace {

std::string flag_names(const Option& option) {
  return option.letter == 0 ? fmt::format("--{}", option.name) : fmt::format("-{},--{}", option.letter, option.name);
}

std::string help_text(const Option& option) {
  std::string help = help_with_default(option);
  for (const auto& part : option.parts) help += fmt::format("\n  {:<16}  {}", part.form, part.help);
  return help;
}

void add_option(CLI::App& app, const Option& option) {
  // Constant, or CLI11 takes it for the variable that a value is stored in.
  const std::string help = help_text(option);
  if (option.is_switch()) {
    app.add_flag(flag_names(option), help)
        ->group(std::string(option.heading))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return;
  }
  app.add_option(flag_names(option), help)
      ->type_name(option.store.label)
      ->group(std::string(option.heading))
      // Otherwise a list would also take the arguments that follow, such as the job.
      ->allow_extra_args(false)
      ->multi_option_policy(option.store.is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

void add_argument(CLI::App& app, const Argument& argument) {
  const std::string help(argument.help);
  auto* const added = app.add_option(argument.label(), help)->type_name("");
  if (argument.repeated) {
    added->expected(-1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else if (!argument.optional) {
    added->required();
  }
}

void add_command(CLI::App& app, const Command& command) {
  CLI::App& added = *app.add_subcommand(std::string(command.name), std::string(command.summary));
  added.set_help_flag("-h,--help", "This help");
  for (const auto& argument : command.arguments) add_argument(added, argument);
  for (const auto* option : options_of(command)) add_option(added, *option);
  added.group(std::string(command.group));
  added.footer(help_footer(command));
}

std::unique_ptr<CLI::App> make_app() {
  auto app = std::make_unique<CLI::App>("Rename and update KooDrive folders and albums in bulk.", "koobatch");
  app->get_formatter()->column_width(34);
  app->get_formatter()->label("SUBCOMMAND", "COMMAND ...");
  app->get_formatter()->label("OPTIONS", "OPTION...");
  app->get_formatter()->label("Positionals", "Arguments");
  app->get_formatter()->label("REQUIRED", "");
  app->set_help_flag("-h,--help", "This help; 'koobatch COMMAND --help' shows the options of a command");
  app->set_version_flag("--version", "koobatch " KOOBATCH_VERSION, "The version");
  for (const auto* command : commands()) add_command(*app, *command);
  app->require_subcommand(1);
  app->footer("Example:\n  koobatch run jobs/rename.ndjson --simulate --user-id 42");
  return app;
}

Error with_hint(const std::string& message, const Command* command) {
  return usage_error(
      fmt::format("{}\nSee 'koobatch {}--help'.", message, command ? std::string(command->name) + " " : ""));
}

const Command* chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return nullptr;
  return command_named(chosen.front()->get_name());
}

std::string describe_unknown_flag(const std::string& flag, const Command* command) {
  const auto dashes = std::min(flag.find_first_not_of('-'), flag.size());
  const auto name = std::string_view(flag).substr(dashes);
  std::vector<std::string_view> names = {"help"};
  if (command == nullptr) {
    names.push_back("version");
  } else {
    if (const auto others = commands_with(name); !others.empty()) {
      return fmt::format("--{} is a flag of {}, not of {}", name, names_of(others), command->name);
    }
    for (const auto* option : options_of(*command)) names.push_back(option->name);
  }
  const auto meant = nearest(name, names);
  return fmt::format("unknown flag {}{}", flag, meant.empty() ? "" : fmt::format("; did you mean --{}?", meant));
}

std::string describe_unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto* command : commands()) names.push_back(command->name);
  const auto meant = nearest(word, names);
  return fmt::format(
      "unknown command '{}'; {}", word,
      meant.empty() ? "the commands are " + names_of(commands()) : fmt::format("did you mean '{}'?", meant));
}

/// Of an unexpected argument, only a flag's name is repeated: anything else may be a secret.
std::string describe_unexpected(const CLI::App& app, const Command* command) {
  const auto unexpected = app.remaining(true);
  const auto flag = std::find_if(unexpected.begin(), unexpected.end(),
                                 [](const std::string& text) { return text.size() > 1 && text.front() == '-'; });
  if (flag != unexpected.end()) {
    const std::string name = flag->substr(0, flag->find('='));
    if (name == "--token") {
      return "--token is not offered: others would see it; use --token-file, --token-env or --token-command";
    }
    if (name == "--app-secret") return "--app-secret is not offered: others would see it; use --app-secret-file";
    return describe_unknown_flag(name, command);
  }
  if (unexpected.empty()) return "too many arguments";
  if (command == nullptr) return describe_unknown_command(unexpected.front());
  return fmt::format("unexpected argument '{}'", unexpected.front());
}

std::string describe_missing_argument(const Command& command) {
  const auto& argument = command.arguments.front();
  if (argument.words.empty()) return fmt::format("{}: {} is missing", command.name, argument.name);
  return fmt::format("{}: one of these words is missing: {}", command.name, listed(argument.words));
}

/// Translates CLI11's errors into our own wording.
Error translate(const CLI::App& app, const CLI::ParseError& error) {
  const Command* const command = chosen_command(app);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return with_hint(describe_unexpected(app, command), command);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    // An unknown argument may stand where the missing one should be: then that is the mistake.
    if (!app.remaining(true).empty()) return with_hint(describe_unexpected(app, command), command);
    if (command == nullptr) return with_hint("no command given; the commands are " + names_of(commands()), command);
    return with_hint(describe_missing_argument(*command), command);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string text = error.what();  // "--rate: 1 required RATE missing"
    return with_hint(text.substr(0, text.find(':')) + ": its value is missing", command);
  }
  return with_hint(error.what(), command);
}

bool takes_value(const Command& command, std::string_view flag) {
  const Option* const option = option_named(command, flag);
  return option != nullptr && !option->is_switch();
}

/// CLI11 takes anything that follows a flag as its value. After `--user-id $UNSET --dry-run` that would be the next
/// flag.
Result<void> check_swallowed(const std::vector<std::string>& arguments) {
  const Command* const command = arguments.empty() ? nullptr : command_named(arguments.front());
  if (command == nullptr) return {};
  for (std::size_t i = 1; i + 1 < arguments.size() && arguments[i] != "--"; ++i) {
    if (!arguments[i].starts_with("--") || !takes_value(*command, std::string_view(arguments[i]).substr(2))) continue;
    const std::string next = arguments[++i];
    if (!next.starts_with("--")) continue;
    // The text after an equals sign may be a secret.
    const auto found = next.substr(0, next.find('='));
    return with_hint(fmt::format("{0}: its value is missing (found '{1}'); write {0}={1} if that is its value",
                                 arguments[i - 1], found),
                     command);
  }
  return {};
}

Flags flags_of(const CLI::App& command) {
  Flags flags;
  for (const auto* option : command.get_options()) {
    if (option->count() == 0 || option->get_positional() || option->get_lnames().empty()) continue;
    flags[option->get_lnames().front()] = option->reduced_results();
  }
  return flags;
}

std::vector<std::string> arguments_of(const CLI::App& command) {
  std::vector<std::string> arguments;
  for (const auto* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const auto& values = option->results();
    arguments.insert(arguments.end(), values.begin(), values.end());
  }
  return arguments;
}

Result<Config> config_for(const Command& command, const Flags& flags, const Environment& environment,
                          const Files& files) {
  if (!takes_value(command, config_option)) return Config();
  std::string path;
  std::string origin;
  if (const auto variable = environment.find(variable_name(config_option)); variable != environment.end()) {
    path = variable->second;
    origin = variable->first;
  }
  if (const auto flag = flags.find(config_option); flag != flags.end()) {
    path = flag->second.front();
    origin = fmt::format("--{}", config_option);
  }
  if (path.empty()) return Config();
  const auto text = files.config(path);
  if (!text) return usage_error(fmt::format("{} {}", origin, text.error().message));
  return parse_config(*text, path);
}

/// The report from which the command takes settings; empty: none.
std::string report_to_continue(const Command& command, const CLI::App& parsed, const Flags& flags) {
  if (command.continues_run) return arguments_of(parsed).front();
  for (const auto option : command.continues_reports) {
    if (const auto found = flags.find(option); found != flags.end()) return found->second.front();
  }
  return {};
}

Result<Sources> gather_sources(const Command& command, const CLI::App& parsed, const Environment& environment,
                               const Files& files) {
  Sources sources{.flags = flags_of(parsed), .recorded = {}, .environment = environment, .config = {}};
  auto config = config_for(command, sources.flags, environment, files);
  if (!config) return config.error();
  sources.config = std::move(*config);
  const auto report = report_to_continue(command, parsed, sources.flags);
  if (report.empty()) return sources;
  auto recorded = files.recorded(report);
  if (!recorded) return recorded.error();
  sources.continues = true;
  sources.recorded = std::move(*recorded);
  std::erase_if(sources.recorded, [&](const auto& flag) {
    const Option* option = option_named(command, flag.first);
    return option != nullptr && option->once;
  });
  return sources;
}

/// A warning if the environment names a proxy for the endpoint; empty if there is nothing to warn of.
std::string describe_unused_proxy(const Invocation& invocation, const Environment& environment) {
  const auto* target = invocation.find<Target>();
  if (target == nullptr || target->simulate || !target->proxy.empty()) return {};
  const auto endpoint = http::parse_endpoint(target->endpoint);
  if (!endpoint) return {};
  const auto variable = unused_proxy(environment, *endpoint);
  if (variable.empty()) return {};
  return fmt::format(
      "{} is set, but only --proxy makes koobatch use one: if {} can be reached only through a proxy, give --proxy "
      "http://HOST:PORT (the variable no_proxy, with that host in it, says that it needs none)",
      variable, endpoint->url());
}

Result<Invocation> make_invocation(const CLI::App& parsed, const Command& command, const Environment& environment,
                                   const Files& files) {
  auto sources = gather_sources(command, parsed, environment, files);
  if (!sources) return sources.error();
  const auto settings = settings_in_force(command, *sources);
  if (!settings) return settings.error();
  auto task = command.begin();
  if (auto stored = store(*settings, task->groups()); !stored) return stored.error();
  auto to_record = record_settings(*settings);
  if (!to_record) return to_record.error();
  Call call{arguments_of(parsed), Origins(*settings), std::move(sources->recorded), std::move(*to_record), nullptr};
  Invocation invocation{
      &command, std::move(call), std::move(task), {}, describe_settings(options_of(command), *settings)};
  if (auto warning = describe_unused_proxy(invocation, environment); !warning.empty()) {
    invocation.warnings.push_back(std::move(warning));
  }
  if (invocation.find<Presentation>() != nullptr) {
    const auto* credentials = invocation.find<auth::CredentialSettings>();
    const auto token_env =
        credentials == nullptr ? std::nullopt : std::optional<std::string_view>(credentials->token_env);
    for (auto& warning : ignored_variables(environment, token_env)) invocation.warnings.push_back(std::move(warning));
  }
  return invocation;
}

/// Turns "help" and "help COMMAND", as other programs accept them, into --help.
std::vector<std::string> with_help_as_flag(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

}  // namespace

Result<std::variant<Invocation, Information>> parse_command_line(const std::vector<std::string>& arguments,
                                                                 const Environment& environment, const Files& files) {
  if (auto ok = check_swallowed(arguments); !ok) return ok.error();
  const auto app = make_app();
  try {
    auto words = with_help_as_flag(arguments);
    std::reverse(words.begin(), words.end());
    app->parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return Information{tidied(app->help())};
  } catch (const CLI::CallForVersion&) {
    return Information{app->version() + "\n"};
  } catch (const CLI::ParseError& error) {
    return translate(*app, error);
  }
  const Command& command = *chosen_command(*app);
  auto invocation = make_invocation(*app->get_subcommands().front(), command, environment, files);
  if (!invocation) return with_hint(invocation.error().message, &command);
  return std::move(*invocation);
}

}  // namespace koobatch::cli
