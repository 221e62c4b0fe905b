#pragma once
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace koobatch::job {

/// Reads the tokens of many users: CSV with the columns user_id and token or, if the file begins with '{', one object
/// per line with these fields. Like the file of a single token, it must be readable only by its owner. An error (usage)
/// names the line, and never a token. Here and not beside the other credentials because it is read as a job is.
Result<std::shared_ptr<const auth::UserTokens>> read_tokens_file(const std::filesystem::path& path);

/// The violation for the valid operation that `reader` found, if its user has no token.
std::optional<koodrive::Violation> find_missing_token(const Reader& reader, const auth::UserTokens& tokens);

}  // namespace koobatch::job
