#pragma once

#include <cstddef>
#include <string_view>

#include "core/http/header_field.h"
#include "core/model/transfer_error.h"

namespace lh {

/// Collects the header lines of an attempt, response by response, and says when a head is complete.
class HeadReader {
 public:
  enum class Step {
    More,      ///< the head goes on, or the line is of no interest (trailers after the body)
    Interim,   ///< a 1xx head is complete; another one follows
    Complete,  ///< a final head is complete: status() and headers() tell it
    TooLarge,  ///< the server sends headers without end
  };

  /// All header lines of one request together, interim answers and trailers too. What is kept of
  /// them, here, in libcurl and on the way to the database, takes several times as much.
  static constexpr std::size_t kMaxBytes = 64UL * 1024;
  /// What a line costs besides its letters.
  static constexpr std::size_t kLineCost = 32;

  /// A request is sent: the next final head is its answer's. What comes behind that is no head.
  /// What was read of it does not count: it was of use.
  void forget_interim() { bytes_ = 0; }
  void expect_answer() {
    answered_ = false;
    bytes_ = 0;
  }
  /// One line as it came, with its line end.
  [[nodiscard]] Step add(std::string_view line);

  /// 0 before the first status line, and for one that has no number.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const HeaderList& headers() const { return headers_; }

 private:
  void begin_response(std::string_view status_line);
  [[nodiscard]] Step end_head();
  void take_field(std::string_view line);

  std::size_t bytes_ = 0;
  bool in_head_ = false;
  bool answered_ = false;
  int status_ = 0;
  HeaderList headers_;
};

}  // namespace lh
