#include "koobatch/cli/command_line.hpp"

#include "koobatch/cli/nearest.hpp"
#include "koobatch/cli/option_table.hpp"
#include "koobatch/cli/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <CLI/CLI.hpp>
#include <memory>

namespace koobatch::cli {
namespace {

std::string flag_names(const OptionRow& row) {
  return row.letter == 0 ? fmt::format("--{}", row.name) : fmt::format("-{},--{}", row.letter, row.name);
}

void add_option(CLI::App& app, const OptionRow& row) {
  const std::string help(row.help);
  if (row.is_switch()) {
    app.add_flag(flag_names(row), help)
        ->group(std::string(row.group))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return;
  }
  app.add_option(flag_names(row), help)
      ->type_name(std::string(row.argument))
      ->group(std::string(row.group))
      // Without this, a list would take what follows it too, the job for instance.
      ->allow_extra_args(false)
      ->multi_option_policy(row.repeatable ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

void add_arguments(CLI::App& app, const VerbRow& row) {
  if (row.argument.empty()) return;
  const std::string help(row.argument_help);
  app.add_option(std::string(row.argument), help)->type_name("")->required();
  if (row.extra_name.empty()) return;
  const std::string extra_help(row.extra_help);
  app.add_option(std::string(row.extra_name), extra_help)
      ->type_name("")
      ->expected(-1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// Where else options can be set, with one for an example that this verb takes from there.
std::string other_sources(Verb verb) {
  std::string name = "log-format";
  std::string_view value = "json";
  std::string flags_only;
  for (const auto* option : options_of(verb)) {
    if (option->flag_only) {
      flags_only += fmt::format("{}--{}", flags_only.empty() ? " On the command line alone: " : ", ", option->name);
    } else if (option->name == "rate") {
      name = option->name;
      value = "500/s";
    }
  }
  return fmt::format(
      "Values in parentheses at the end are the defaults. Options can also be set in the environment\n"
      "({}={}) or in the configuration file ({} = \"{}\"): a flag wins over the environment, the\n"
      "environment over the file.{}\n\n",
      variable_name(name), value, name, value, flags_only.empty() ? "" : flags_only + ".");
}

std::string footer(const VerbRow& row) {
  std::string text;
  if (!options_of(row.verb).empty()) text = other_sources(row.verb);
  text += "Exit status:\n";
  for (const auto* status : statuses_of(row.verb)) text += fmt::format("  {:<10}{}\n", status->status, status->meaning);
  return fmt::format("{}\nExample:\n  {}", text, row.example);
}

void add_verb(CLI::App& app, const VerbRow& row) {
  CLI::App& verb = *app.add_subcommand(std::string(row.name), std::string(row.summary));
  verb.set_help_flag("-h,--help", "This help");
  add_arguments(verb, row);
  for (const auto* option : options_of(row.verb)) add_option(verb, *option);
  verb.group(std::string(row.group));
  verb.footer(footer(row));
}

std::unique_ptr<CLI::App> make_app() {
  auto app = std::make_unique<CLI::App>("Rename and update KooDrive folders and albums in bulk.", "koobatch");
  app->get_formatter()->column_width(34);
  app->get_formatter()->label("SUBCOMMAND", "VERB ...");
  app->get_formatter()->label("OPTIONS", "OPTION...");
  app->get_formatter()->label("Positionals", "Arguments");
  app->get_formatter()->label("REQUIRED", "");
  app->set_help_flag("-h,--help", "This help; 'koobatch VERB --help' tells more about each verb");
  app->set_version_flag("--version", "koobatch " KOOBATCH_VERSION, "The version");
  for (const auto& row : verb_table) add_verb(*app, row);
  app->require_subcommand(1);
  app->footer("Example:\n  koobatch run jobs/rename.ndjson --simulate --user-id 42");
  return app;
}

/// CLI11 leaves two blank lines where one is enough, and none where one is due.
std::string tidied(std::string help) {
  boost::algorithm::replace_all(help, "\n\n\n", "\n\n");
  boost::algorithm::replace_first(help, "\nUsage:", "\n\nUsage:");
  return help;
}

Error with_hint(const std::string& message, const VerbRow* verb) {
  return usage_error(fmt::format("{}\nSee 'koobatch {}--help'.", message, verb ? std::string(verb->name) + " " : ""));
}

const VerbRow* chosen_verb(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) return nullptr;
  return verb_named(chosen.front()->get_name());
}

std::string describe_unknown_flag(const std::string& flag, const VerbRow* verb) {
  std::vector<std::string_view> names = {"help"};
  if (verb == nullptr) names.push_back("version");
  if (verb != nullptr) {
    for (const auto* option : options_of(verb->verb)) names.push_back(option->name);
  }
  const auto dashes = std::min(flag.find_first_not_of('-'), flag.size());
  const auto meant = nearest(std::string_view(flag).substr(dashes), names);
  return flag + ": there is no such flag" + (meant.empty() ? "" : fmt::format("; did you mean --{}?", meant));
}

std::string describe_unknown_verb(const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& row : verb_table) names.push_back(row.name);
  const auto meant = nearest(word, names);
  return fmt::format("'{}' is no verb; {}", word,
                     meant.empty() ? "the verbs are " + names_of(every_verb) : fmt::format("did you mean {}?", meant));
}

/// Of what nobody expected, only the name of a flag is repeated: what follows it may be a secret.
std::string describe_unexpected(const CLI::App& app, const VerbRow* verb) {
  const auto unexpected = app.remaining(true);
  const auto flag = std::find_if(unexpected.begin(), unexpected.end(),
                                 [](const std::string& text) { return text.size() > 1 && text.front() == '-'; });
  if (flag != unexpected.end()) {
    const std::string name = flag->substr(0, flag->find('='));
    if (name == "--token") {
      return "--token is not offered: others would see it; use --token-file, --token-env or --token-command";
    }
    if (name == "--app-secret") return "--app-secret is not offered: others would see it; use --app-secret-file";
    return describe_unknown_flag(name, verb);
  }
  if (unexpected.empty()) return "too many arguments";
  if (verb == nullptr) return describe_unknown_verb(unexpected.front());
  return fmt::format("'{}': one argument too many", unexpected.front());
}

std::string describe_missing_argument(const VerbRow& verb) {
  const auto words = words_of(verb.argument);
  if (words.empty()) return fmt::format("{}: the {} is missing", verb.name, verb.argument);
  return fmt::format("{}: one of these words is missing: {}", verb.name, fmt::join(words, ", "));
}

/// CLI11's errors in our words.
Error translate(const CLI::App& app, const CLI::ParseError& error) {
  const VerbRow* const verb = chosen_verb(app);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return with_hint(describe_unexpected(app, verb), verb);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    // Something unknown may stand where the missing thing should be: then that is the news.
    if (!app.remaining(true).empty()) return with_hint(describe_unexpected(app, verb), verb);
    if (verb == nullptr) return with_hint("what to do is missing; the verbs are " + names_of(every_verb), verb);
    return with_hint(describe_missing_argument(*verb), verb);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string text = error.what();  // "--rate: 1 required RATE missing"
    return with_hint(text.substr(0, text.find(':')) + ": its value is missing", verb);
  }
  return with_hint(error.what(), verb);
}

bool takes_value(const VerbRow& verb, std::string_view flag) {
  const auto rows = option_table();
  return std::any_of(rows.begin(), rows.end(), [&](const OptionRow& row) {
    return row.name == flag && contains(row.verbs, verb.verb) && !row.is_switch();
  });
}

/// CLI11 takes whatever follows a flag for its value. After `--user-id $UNSET --dry-run` that would be the next flag.
Result<void> check_swallowed(const std::vector<std::string>& arguments) {
  const VerbRow* const verb = arguments.empty() ? nullptr : verb_named(arguments.front());
  if (verb == nullptr) return {};
  for (std::size_t i = 1; i + 1 < arguments.size() && arguments[i] != "--"; ++i) {
    if (!arguments[i].starts_with("--") || !takes_value(*verb, std::string_view(arguments[i]).substr(2))) continue;
    const std::string next = arguments[++i];
    if (!next.starts_with("--")) continue;
    // What stands behind an equals sign may be a secret.
    const auto found = next.substr(0, next.find('='));
    return with_hint(
        fmt::format("{0}: its value is missing (found '{1}'); write {0}={1} if that is meant", arguments[i - 1], found),
        verb);
  }
  return {};
}

Flags flags_of(const CLI::App& verb) {
  Flags flags;
  for (const auto* option : verb.get_options()) {
    if (option->count() == 0 || option->get_positional() || option->get_lnames().empty()) continue;
    flags[option->get_lnames().front()] = option->reduced_results();
  }
  return flags;
}

std::vector<std::string> arguments_of(const CLI::App& verb) {
  std::vector<std::string> arguments;
  for (const auto* option : verb.get_options()) {
    if (!option->get_positional()) continue;
    const auto& values = option->results();
    arguments.insert(arguments.end(), values.begin(), values.end());
  }
  return arguments;
}

Result<Layers> gather_layers(const VerbRow& verb, Flags flags, const Environment& environment, const Files& files) {
  Layers layers{std::move(flags), {}, environment, {}, {}};
  if (!takes_value(verb, config_option)) return layers;
  std::string path;
  std::string origin;
  if (const auto variable = environment.find(variable_name(config_option)); variable != environment.end()) {
    path = variable->second;
    origin = variable->first;
  }
  if (const auto flag = layers.flags.find(config_option); flag != layers.flags.end()) {
    path = flag->second.front();
    origin = fmt::format("--{}", config_option);
  }
  if (path.empty()) return layers;
  const auto text = files.config(path);
  if (!text) return usage_error(fmt::format("{} {}", origin, text.error().message));
  auto config = parse_config(*text, path);
  if (!config) return config.error();
  layers.config = std::move(*config);
  layers.config_name = path;
  return layers;
}

Result<Invocation> make_invocation(const CLI::App& app, const VerbRow& row, const Environment& environment,
                                   const Files& files) {
  const CLI::App& verb = *app.get_subcommands().front();
  auto layers = gather_layers(row, flags_of(verb), environment, files);
  if (!layers) return layers.error();
  if (row.verb == Verb::resume || row.verb == Verb::retry) {
    auto recorded = files.recorded(arguments_of(verb).front());
    if (!recorded) return recorded.error();
    layers->recorded = std::move(*recorded);
  }
  auto resolved = resolve(row.verb, *layers);
  if (!resolved) return resolved.error();
  Invocation invocation{row.verb, arguments_of(verb), std::move(resolved->options), {}, std::move(resolved->settings)};
  // Elsewhere nobody can say which variable holds the token.
  if (!contains(verbs_that_send, row.verb)) return invocation;
  invocation.warnings = ignored_variables(environment, invocation.options.run.credentials.token_env);
  return invocation;
}

/// "help" and "help VERB", as other programs have them, are --help.
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
  const VerbRow& row = *chosen_verb(*app);
  auto invocation = make_invocation(*app, row, environment, files);
  if (!invocation) return with_hint(invocation.error().message, &row);
  return std::move(*invocation);
}

}  // namespace koobatch::cli
