#pragma once
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace koobatch::job {

/// Reads the tokens of many users: CSV with the columns user_id and token, or, if the file begins with '{', one such
/// object a line. As careful as with a single token's file: readable by its owner only. Every error (usage) names the
/// line, and none a token. Stands here and not beside the other credentials because it reads as a job is read.
Result<std::shared_ptr<const auth::UserTokens>> read_tokens_file(const std::filesystem::path& path);

/// What is wrong with the valid operation that `reader` found, if its user has no token.
std::optional<koodrive::Violation> find_missing_token(const Reader& reader, const auth::UserTokens& tokens);

}  // namespace koobatch::job
