#include "cli/settings/domain_values.hpp"
#include "cli/settings/option_groups.hpp"
#include "cli/settings/shared_settings.hpp"

namespace koobatch::cli {

using observe::ProgressMode;

std::vector<Option> output_options() {
  return {
      {.name = "json",
       .heading = heading::output,
       .help = "The summary as JSON",
       .store = into(&JsonOutput::json, on_off())},
      {.name = "progress",
       .heading = heading::output,
       .help = "How to show progress; auto: a bar on a terminal, elsewhere a line every 5 s",
       .store = into(&ProgressOutput::mode, one_of<ProgressMode>({{"auto", ProgressMode::automatic},
                                                                  {"bar", ProgressMode::bar},
                                                                  {"plain", ProgressMode::plain},
                                                                  {"none", ProgressMode::none}}))},
      {.name = "metrics-addr",
       .heading = heading::output,
       .help = "Serve metrics to Prometheus at http://ADDRESS:PORT/metrics; port 0 is any free one",
       .store = into(&MetricsOptions::address, metrics_address())},
      {.name = "metrics-file",
       .heading = heading::output,
       .help = "Keep metrics in this file, NAME.prom for the node exporter's textfile collector",
       .store = into(&MetricsFileOptions::path, new_file())},
      {.name = "metrics-label",
       .heading = heading::output,
       .help = "Add this label to every metric, to tell the jobs of one machine apart; repeatable",
       .store = into(&MetricsFileOptions::labels, metrics_label())},
      {.name = "log-format",
       .heading = heading::output,
       .help = "Format of what is printed to standard error",
       .store = into(&Presentation::log_format, one_of<observe::log::Format>({{"text", observe::log::Format::text},
                                                                              {"json", observe::log::Format::json}}))},
      {.name = "verbose",
       .letter = 'v',
       .heading = heading::output,
       .help = "Print more to standard error",
       .store = into(&Presentation::verbose, on_off())},
      {.name = "quiet",
       .letter = 'q',
       .heading = heading::output,
       .help = "Print only errors to standard error",
       .store = into(&Presentation::quiet, on_off())},
      {.name = config_option,
       .heading = heading::output,
       .help = "Read settings from this TOML file",
       .store = into(&Presentation::config, file())},
  };
}

}  // namespace koobatch::cli
