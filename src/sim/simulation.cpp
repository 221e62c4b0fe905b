#include "sim/simulation.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "sim/declaration.hpp"

#include <spdlog/spdlog.h>
#include <boost/beast/http/error.hpp>

#include <utility>

namespace koobatch::sim {
namespace {

/// Bytes that are neither JSON nor the beginning of JSON, such as a proxy's page.
constexpr std::string_view garbage =
    "<html>\r\n<head><title>Welcome</title></head>\r\n<body>\x01\x02\xff\xfe</body>\r\n";

int status_of(boost::system::error_code error) {
  namespace http = boost::beast::http;
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

/// The throttles that limit anything, in the order in which they judge.
std::vector<Throttle> make_throttles(const SimulatorSettings& settings, Moment start) {
  const TimePoint clock = start.steady - start.wall.time_since_epoch();
  std::vector<Throttle> throttles;
  if (settings.throttle.limits()) throttles.emplace_back(settings.throttle, clock);
  if (settings.throttle_per_user > 0) {
    throttles.emplace_back(
        ThrottleSettings{.rates = {{.rate = settings.throttle_per_user}}, .per_user = true, .retry_after = 1}, clock);
  }
  return throttles;
}

}  // namespace

void append_stats(std::string& out, const Stats& stats, std::size_t keys) {
  JsonWriter json(out);
  json.add("requests", stats.requests).add("applied", stats.applied).add("keys", keys);
  JsonWriter by_status(json.key("status"));
  for (std::size_t i = 0; i < stats.answers.size(); ++i) {
    if (stats.answers[i] > 0) by_status.add(fmt::format_int(i).c_str(), stats.answers[i]);
  }
  by_status.end();
  JsonWriter by_kind(json.key("faults"));
  for (std::size_t i = 0; i < stats.faults.size(); ++i) by_kind.add(fault_names[i], stats.faults[i]);
  by_kind.end();
  json.add("refused", stats.refused)
      .add("throttled", stats.throttled)
      .add("abandoned", stats.abandoned)
      .add("duplicate_trace_ids", stats.duplicate_trace_ids)
      .add("overlapping_keys", stats.overlapping_keys)
      .add("pipelined", stats.pipelined)
      .add("malformed", stats.malformed)
      .add("refreshes", stats.refreshes)
      .add("refused_refreshes", stats.refused_refreshes)
      .add("unrouted", stats.unrouted)
      .add("reads", stats.reads)
      .add("connections", stats.connections)
      .end();
}

Simulation::Simulation(const SimulatorSettings& settings, RequestLog log, Moment start,
                       std::shared_ptr<const auth::UserTokens> tokens, std::optional<Items> items, State others)
    : service_(Tokens({.access = settings.token,
                       .refresh = settings.refresh_token,
                       .requests = settings.token_requests,
                       .lifetime = settings.token_lifetime}),
               settings.app_key),
      tokens_file_(settings.tokens_file),
      throttles_(make_throttles(settings, start)),
      faults_(settings.faults, settings.seed),
      latency_(settings.latency, settings.jitter, settings.seed),
      clocks_(settings.clock_faults, settings.seed),
      state_(std::move(others)),
      log_(std::move(log)),
      start_(start.steady),
      operations_(settings.operations) {
  service_.set_x_date_window(settings.x_date_window);
  if (operations_) service_.set_operations(*operations_);
  if (items) {
    items_ = std::make_unique<ItemService>(std::move(*items), settings.name_clash, settings.list_faults);
    service_.offer_items();
  }
  if (!tokens) return;
  tokens_stamp_ = tokens->stamp();
  service_.set_user_tokens(std::move(tokens));
}

/// Called before each request, so that a replaced file takes effect at once.
void Simulation::follow_tokens_file() {
  if (tokens_file_.empty()) return;
  const auto stamp = auth::FileStamp::of(tokens_file_);
  if (stamp == tokens_stamp_) return;
  tokens_stamp_ = stamp;
  auto tokens = job::read_tokens_file(tokens_file_);
  if (tokens) {
    service_.set_user_tokens(std::move(*tokens));
  } else {
    spdlog::warn("{}; the tokens read before remain valid", tokens.error().message);
  }
}

void Simulation::arrive(const Request& request, Exchange& x) {
  Judgement& j = x.judgement;
  follow_tokens_file();
  if (!clocks_.all_right()) x.clock = clocks_.draw(x.connection_clock);
  service_.judge(request, x.arrived.wall, j, x.clock.judged);
  x.delay = latency_.draw();
  x.fault.reset();
  x.refused_by.reset();
  if (j.refresh) {
    ++(j.accepted() ? stats_.refreshes : stats_.refused_refreshes);
    return;
  }
  if (!j.is_routed()) {
    ++stats_.unrouted;
    return;
  }
  ++(j.row != nullptr ? stats_.requests : stats_.reads);
  if (j.trace_id) stats_.duplicate_trace_ids += !trace_ids_.insert(*j.trace_id);
  if (!j.key.empty() && j.row != nullptr) stats_.overlapping_keys += in_flight_.enter(j.key_hash, *x.ticket);

  throttle(request, x);
  if (x.refused_by) {
    ++stats_.throttled;
    return;
  }
  stats_.refused += !j.accepted();
  if (j.accepted()) x.fault = faults_.draw();
}

void Simulation::throttle(const Request& request, Exchange& x) {
  for (std::size_t i = 0; i < throttles_.size() && !x.refused_by; ++i) {
    x.verdicts[i] = throttles_[i].admit(request.user_id.value_or(""), x.arrived.steady, x.places[i]);
    if (x.verdicts[i].refusal != Throttle::Refusal::none) x.refused_by = i;
  }
}

/// Fills quota_fields_ with the quotas declared in the answer to this request.
void Simulation::declare_quotas(const Request& request, const Exchange& x) {
  quota_fields_.clear();
  if (!x.judgement.is_routed()) return;
  const std::size_t judged = x.refused_by ? *x.refused_by + 1 : throttles_.size();
  for (std::size_t i = 0; i < judged; ++i) {
    if (!x.verdicts[i].quota) continue;
    append_quota_fields(quota_fields_, throttles_[i].settings(), *x.verdicts[i].quota, request.debugs_gateway,
                        x.arrived.wall);
  }
}

Ending Simulation::conclude(const Request& request, Exchange& x, WallTime now, std::string& out) {
  declare_quotas(request, x);
  judge_items(x);
  if (x.fault) return conclude_fault(request, x, now, out);
  const Judgement& j = x.judgement;
  AnswerHead head{.status = j.status, .keep_alive = request.keep_alive, .fields = quota_fields_};
  body_.clear();
  if (x.refused_by) {
    const auto& settings = throttles_[*x.refused_by].settings();
    head.status = settings.status;
    head.retry_after = settings.retry_after;
    append_refusal_body(body_, settings, x.verdicts[*x.refused_by]);
  } else {
    append_body(request, j);
  }
  if (j.is_routed()) {
    const bool applied = head.status < 300 && j.row != nullptr;
    if (applied) apply(x, now);
    record(request, x, head.status, applied);
    forget(x);
  }
  answer(out, head, body_, now, x.clock);
  return request.keep_alive ? Ending::keep : Ending::close;
}

Ending Simulation::conclude_fault(const Request& request, Exchange& x, WallTime now, std::string& out) {
  const FaultHit& fault = *x.fault;
  ++stats_.faults[static_cast<std::size_t>(fault.kind)];
  const bool applied = fault.applies && x.judgement.accepted() && x.judgement.row != nullptr;
  if (applied) apply(x, now);
  // The client of a stalled request still waits for it; the ticket is returned when the client has disconnected.
  if (fault.kind != FaultKind::stall) forget(x);

  AnswerHead head{.keep_alive = request.keep_alive, .retry_after = fault.retry_after, .fields = quota_fields_};
  body_.clear();
  Ending ending = request.keep_alive ? Ending::keep : Ending::close;
  int status = head.status = x.judgement.status;
  switch (fault.kind) {
    case FaultKind::status:
      status = head.status = fault.status;
      if (status >= 300 && status < 400) head.location = "/koodrive/moved";
      // After 101, the connection would switch to another protocol.
      if (status == 101) head.keep_alive = false, ending = Ending::close;
      append_status_body(body_, status);
      answer(out, head, body_, now, x.clock);
      break;
    case FaultKind::garbage:
      answer(out, head, garbage, now, x.clock);
      break;
    case FaultKind::truncate:
      append_body(request, x.judgement);
      answer(out, head, body_, now, x.clock);
      // Status and length arrive, half of the body does not: the case that clients most often get wrong.
      out.erase(out.size() - (body_.size() + 1) / 2);
      ending = Ending::cut;
      break;
    case FaultKind::reset:
      status = 0, ending = Ending::reset;
      break;
    case FaultKind::drop:
      status = 0, ending = Ending::cut;
      break;
    case FaultKind::stall:
      status = 0, ending = Ending::stall;
      break;
  }
  record(request, x, status, applied);
  return ending;
}

void Simulation::abandon(const Request& request, Exchange& x) {
  if (!x.judgement.is_routed()) return;
  forget(x);
  x.fault.reset();
  ++stats_.abandoned;
  record(request, x, 0, false);
}

void Simulation::forget(Exchange& x) {
  in_flight_.leave(*x.ticket);
  for (std::size_t i = 0; i < throttles_.size(); ++i) throttles_[i].leave(x.places[i]);
}

void Simulation::refuse_malformed(boost::system::error_code error, WallTime now, std::string& out) {
  ++stats_.malformed;
  body_.clear();
  append_code_body(body_, koodrive::code::parameter_check_failed,
                   "the request is not valid HTTP/1.1: " + error.message());
  answer(out, {.status = status_of(error), .keep_alive = false}, body_, now);
}

void Simulation::refuse_pipelined(WallTime now, std::string& out) {
  ++stats_.pipelined;
  body_.clear();
  append_code_body(body_, koodrive::code::parameter_check_failed,
                   "the request was sent before the answer to the previous one");
  answer(out, {.status = 400, .keep_alive = false}, body_, now);
}

void Simulation::answer(std::string& out, AnswerHead head, std::string_view body, WallTime now,
                        const NodeClock& clock) {
  head.date = clock.date;
  now += clock.shown;
  ++stats_.answers[static_cast<std::size_t>(head.status)];
  answers_.append(out, head, body, now);
}

/// Judges what depends on the items that there are now.
void Simulation::judge_items(Exchange& x) {
  Judgement& j = x.judgement;
  if (!items_ || !j.is_routed() || !j.accepted() || x.refused_by) return;
  items_->judge(j);
  if (j.accepted()) return;
  ++stats_.refused;
  x.fault.reset();
}

void Simulation::append_body(const Request& request, const Judgement& j) {
  if (j.reading && j.accepted()) {
    items_->append_answer(body_, j, request.user_id.value_or(""));
  } else {
    append_answer_body(body_, j);
  }
}

std::optional<DumpPlace> Simulation::dump(DumpPlace at, std::string& out) const {
  if (!at.items) at.items = items_ ? items_->items().size() : 0;
  if (at.item < *at.items) {
    at.item = items_->items().dump(at.item, *at.items, dump_piece, out);
    return at.item < *at.items || state_.size() > 0 ? std::optional(at) : std::nullopt;
  }
  at.key = state_.dump(at.key, dump_piece, out);
  return at.key < state_.size() ? std::optional(at) : std::nullopt;
}

void Simulation::apply(const Exchange& x, WallTime now) {
  ++stats_.applied;
  if (items_ && items_->apply(x.judgement, now)) return;
  state_.apply(x.judgement.key_hash, x.judgement.key, x.judgement.fields);
}

void Simulation::record(const Request& request, const Exchange& x, int status, bool applied) {
  if (!log_.is_open()) return;
  const LogEntry entry{.time = x.arrived.wall,
                       .since_start = x.arrived.steady - start_,
                       .connection = x.connection,
                       .status = status,
                       .applied = applied,
                       .fault = x.fault ? to_string(x.fault->kind) : std::string_view()};
  append_log_line(log_.buffer(), entry, request, x.judgement);
  if (log_.full()) log_.flush();
}

}  // namespace koobatch::sim
