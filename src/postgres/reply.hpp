#pragma once
#include "koobatch/core/clock.hpp"
#include "postgres/library.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::postgres {

/// Rows that a statement has returned. Precondition of each accessor: the column is of that type and not null, unless
/// its name says otherwise.
class Reply {
 public:
  Reply(const Library& library, PGresult* result) : result_(result, Clear{&library}) {}

  int rows() const { return library().rows(result_.get()); }
  bool is_empty() const { return rows() == 0; }

  bool is_null(int row, int column) const { return library().is_null(result_.get(), row, column) != 0; }
  /// Any integer type.
  std::int64_t number(int row, int column) const;
  template <class Integer>
  Integer number(int row, int column) const {
    return static_cast<Integer>(number(row, column));
  }
  double real(int row, int column) const;
  bool truth(int row, int column) const;
  /// Text or bytes; empty if null. Valid as long as the reply.
  std::string_view text(int row, int column) const;
  std::vector<std::int64_t> numbers(int row, int column) const;
  /// From microseconds.
  Duration duration(int row, int column) const { return std::chrono::microseconds(number(row, column)); }
  /// From microseconds since 1970; nothing if null.
  std::optional<WallTime> time_or_null(int row, int column) const;

 private:
  struct Clear {
    const Library* library;
    void operator()(PGresult* result) const { library->clear(result); }
  };
  const Library& library() const { return *result_.get_deleter().library; }
  bool is_text_format(int column) const { return library().column_format(result_.get(), column) == 0; }

  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace koobatch::postgres
