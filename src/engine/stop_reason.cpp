#include "engine/stop_reason.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/x_date.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>

#include <cassert>
#include <type_traits>

namespace koobatch::engine {
namespace {

/// Words the reasons for one run.
class Wording {
 public:
  Wording(const RunSettings& settings, bool remaining) : settings_(settings), remaining_(remaining) {}

  Error operator()(const CredentialsRefused& r) const {
    return resumable(
        settings_,
        fatal_error(fmt::format(
            "{} refused the credentials from {} (HTTP 401{}); they were sent as 'Authorization: {}'. Renew them, or "
            "choose another form with {}, e.g. '{}'",
            url(), r.source, r.said, r.form, spell(SettingName::authorization),
            r.form.starts_with("Bearer+") ? "Bearer {token}" : "Bearer+{token}")));
  }

  Error operator()(const SignatureRefused& r) const {
    std::string date(koodrive::x_date_length, '\0');
    koodrive::write_x_date(r.x_date, date.data());
    return resumable(
        settings_,
        fatal_error(fmt::format(
            "{} refused the app signature (HTTP 401{}). Check that {} is the app's ID, that {} holds its secret, "
            "and that the clock is right (the request was dated {})",
            url(), r.said, spell(SettingName::app_id, settings_.app.id), settings_.app.secret_file.string(), date)));
  }

  Error operator()(const EveryUserRefused& r) const {
    return resume_after(
        fmt::format(
            "{} refused the tokens of the first {} users and accepted none (HTTP {}{}); they were sent as "
            "'Authorization: {}'. Put good ones into {}, or choose another form with {}, e.g. 'Bearer {{token}}'",
            url(), r.users, r.http, r.said, r.form, r.tokens_file, spell(SettingName::authorization)),
        "; then");
  }

  Error operator()(const TooManyUsersRefused& r) const {
    return resume_after(
        fmt::format("the tokens of {} users are refused, and operations on more than {} folders and albums must wait "
                    "for theirs, more than can be tracked; put new tokens into {}",
                    r.users, r.most_keys, r.tokens_file),
        ", then");
  }

  Error operator()(const UsersLeftOut& r) const {
    std::string text =
        fmt::format("the service refused the tokens of {} (HTTP 401); left without a result: {} of theirs",
                    count_of(r.users, "user"), count_of(r.of_stopped, "operation"));
    if (r.of_others != 0) {
      text += fmt::format(", and {} of others that must not overtake them on the same folder or album",
                          format_count(r.of_others));
    }
    return resume_after(fmt::format("{}. Put new tokens into {}", text, r.tokens_file), ", then");
  }

  Error operator()(const OutageTooLong& r) const {
    return resumable_later(settings_,
                           fatal_error(fmt::format("{} has failed every request for {:g} s ({}): {}", url(),
                                                   seconds(settings_.pace.max_outage), spell(SettingName::max_outage),
                                                   r.last_failure.empty() ? "no answer" : r.last_failure)));
  }

  Error operator()(const TooManyErrors& r) const {
    const std::string held = r.held == 0   ? std::string()
                             : r.held == 1 ? fmt::format(" (the last one has no result yet: {})", r.held_answer)
                                           : fmt::format(" (the last {} were refused alike and have no result yet: {})",
                                                         r.held, r.held_answer);
    Error error = {ErrorKind::limit, fmt::format("{} of {} did not succeed, more than {} allows{}",
                                                 format_count(r.errors), count_of(r.finished, "operation"),
                                                 spell(SettingName::max_errors, settings_.max_errors.text()), held)};
    if (settings_.benchmark || settings_.report.empty()) return error;
    error.message += fmt::format("; see '{}'", report::report_command(settings_.report.native()));
    if (!remaining_) return error;
    const NextStep step = resume_with(SettingName::max_errors, "N");
    return advising(settings_, std::move(error), fmt::format(", then continue with '{}'", spell(step)), step);
  }

  Error operator()(const RefusedAlike& r) const {
    const std::string fate = r.recorded == 0
                                 ? std::string(r.count == 1 ? "It has no result yet" : "They have no result yet")
                                 : fmt::format(
                                       "{} of them are recorded as rejected, since what followed on their folders and "
                                       "albums had to wait for them; the others have no result yet",
                                       r.recorded);
    const std::string refused =
        r.count == 1 ? "the operation that was sent first was refused, without a code that the service documents"
                     : fmt::format(
                           "the last {} operations were all refused alike, without a code that the service "
                           "documents",
                           r.count);
    return advising(settings_, {ErrorKind::limit, fmt::format("{}: {}. {}", refused, r.answer, fate)}, after(r),
                    resume_step(settings_));
  }

  Error operator()(const FirstRejectedAlike& r) const {
    const std::string what =
        fmt::format("the first {} operations were all rejected with the same answer ({})", r.sample, r.answer);
    if (!remaining_) return {ErrorKind::limit, what};
    const NextStep step = resume_with(SettingName::max_errors, "100%");
    return advising(settings_, {ErrorKind::limit, what + ", so the rest probably would be too"},
                    fmt::format("; to try them nevertheless, run '{}'", spell(step)), step);
  }

  Error operator()(const Unreachable& r) const { return fatal_error(r.cause); }
  Error operator()(const RenewalFailed& r) const { return r.cause; }
  Error operator()(const JobUnusable& r) const { return r.cause; }
  Error operator()(const ReportUnusable& r) const { return r.cause; }
  Error operator()(const InternalError& r) const {
    return fatal_error(fmt::format("internal error in {}: {}", r.where, r.what));
  }

 private:
  std::string url() const { return settings_.endpoint.url(); }
  NextStep resume_with(SettingName setting, std::string value) const {
    return resume_step(settings_, {{setting, std::move(value)}});
  }

  /// For runs with a token for each user. `then` joins the command to what to do before.
  Error resume_after(const std::string& message, std::string_view then) const {
    const NextStep step = resume_step(settings_);
    return advising(settings_, fatal_error(message), fmt::format("{} run '{}'", then, spell(step)), step);
  }

  /// What to do about operations that were refused alike. Which command is right depends on why they were refused.
  std::string after(const RefusedAlike& r) const {
    // Credentials may go only to https://, or where they are as exposed as now.
    const bool usable = r.leads_to.starts_with("https://") || (!r.leads_to.empty() && !settings_.endpoint.tls);
    const std::string moved = usable ? fmt::format("; if the service is at {} now, run '{}'; otherwise", r.leads_to,
                                                   spell(resume_with(SettingName::endpoint, r.leads_to)))
                                     : std::string(";");
    return fmt::format(
        "{} check {}, and whether a login page, a proxy or a firewall answers in place of {}, then run '{}'; "
        "if {} to be recorded as rejected, run '{}'",
        moved, spell(SettingName::endpoint), url(), spell(resume_step(settings_)), r.count == 1 ? "it is" : "they are",
        spell(resume_with(SettingName::max_errors, "100%")));
  }

  const RunSettings& settings_;
  const bool remaining_;
};

}  // namespace

bool may_leave_nothing(const StopReason& reason) {
  return std::holds_alternative<TooManyErrors>(reason) || std::holds_alternative<FirstRejectedAlike>(reason);
}

std::string advise_on_rest(const StopReason& reason, const NextStep& step, std::uint64_t remaining) {
  assert(may_leave_nothing(reason));
  const std::string rest = count_of(remaining, "operation") + (remaining == 1 ? " has" : " have") + " no result yet";
  return std::holds_alternative<FirstRejectedAlike>(reason)
             ? fmt::format("{} and would probably be rejected, too; to try nevertheless, run '{}'", rest, spell(step))
             : fmt::format("{}; continue with '{}'", rest, spell(step));
}

Error describe(const StopReason& reason, const RunSettings& settings, bool remaining) {
  return std::visit(Wording(settings, remaining), reason);
}

}  // namespace koobatch::engine
