#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/transfer.h"
#include "store/statement.h"

namespace lh {

/// How an operation is written into a row of `transfer`, and read from it. What lives only in
/// memory (LiveState) is not kept.

/// "INSERT INTO transfer …" with all columns; bind_transfer gives its parameters.
[[nodiscard]] const char* insert_sql();
/// "UPDATE transfer SET … WHERE id = …", the same parameters.
[[nodiscard]] const char* update_sql();
/// "INSERT INTO draft …": the number of the batch follows these parameters.
[[nodiscard]] const char* insert_draft_sql();
/// "SELECT … FROM draft", of the batch that is its parameter, in order, for read_transfer.
[[nodiscard]] const char* select_drafts_sql();
/// "SELECT sequence, … FROM transfer " followed by `clause`, for read_transfer.
[[nodiscard]] std::string select_sql(std::string_view clause);

/// Fails with InvalidArgument for what cannot be told again from its stored form.
[[nodiscard]] Result<void> bind_transfer(Statement& statement, const Transfer& transfer);

/// The row that `statement` (of select_sql) stands on. Values that this version does not know are
/// errors of kind Store that name the column.
[[nodiscard]] Result<Transfer> read_transfer(const Statement& statement);

}  // namespace lh
