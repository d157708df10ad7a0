#include "store/migrations.h"

namespace lh {
namespace {

// Times are milliseconds since 1970, UTC. Enumerations are stored by number: see core/model.
// Counts of bytes are unsigned 64-bit numbers in SQLite's signed ones.
//
// Conditions of partial indexes are repeated word by word in the queries that use them, for SQLite
// compares them as text: phase 1 is Queued, 2 RetryAt, 5 DiskFull, 6 Finishing, 7 and above ended.
constexpr const char* kTransfers = R"sql(
CREATE TABLE transfer (
  sequence             INTEGER PRIMARY KEY AUTOINCREMENT,
  id                   BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),

  -- what the app asked for
  kind                 INTEGER NOT NULL,
  app                  TEXT    NOT NULL,
  uri                  TEXT    NOT NULL,
  origin               TEXT    NOT NULL,
  method               TEXT    NOT NULL,
  request_headers      TEXT    NOT NULL,  -- "Name: value" lines, each with CR LF
  folder               TEXT    NOT NULL,
  file_name            TEXT    NOT NULL,  -- empty: told by the response
  collision            INTEGER NOT NULL,
  group_name           TEXT    NOT NULL,
  priority             INTEGER NOT NULL,
  cost_policy          INTEGER NOT NULL,
  checksum_algorithm   TEXT,
  checksum_hex         TEXT,
  keep_when_ended      INTEGER NOT NULL,

  -- where it stands
  phase                INTEGER NOT NULL,
  rank                 INTEGER NOT NULL,  -- of its priority: 0 starts first
  phase_since          INTEGER NOT NULL,
  created              INTEGER NOT NULL,
  started              INTEGER,
  ended                INTEGER,
  wake_at              INTEGER,
  queue_position       INTEGER NOT NULL,
  attempts             INTEGER NOT NULL,
  failures_in_row      INTEGER NOT NULL,
  range_refusals       INTEGER NOT NULL,
  high_water           INTEGER NOT NULL,
  stored               TEXT    NOT NULL,  -- "offset+length", separated by commas
  boot_id              TEXT    NOT NULL,
  total                INTEGER,
  validator_kind       INTEGER NOT NULL,
  validator            TEXT    NOT NULL,
  response_status      INTEGER,
  response_uri         TEXT,
  response_headers     TEXT,
  known_name           TEXT    NOT NULL,  -- in the folder; empty while it is not known
  bytes_needed         INTEGER NOT NULL,
  restarts             INTEGER NOT NULL,
  has_response_changed INTEGER NOT NULL,
  error_hresult        INTEGER,
  error_status         INTEGER,
  error_kind           INTEGER,
  error_http_status    INTEGER,
  error_message        TEXT,
  commit_device        INTEGER,
  commit_inode         INTEGER,
  commit_size          INTEGER
) STRICT;

-- Who starts next; the origin is in it so that busy ones are passed over without reading rows.
CREATE INDEX queue ON transfer (rank, queue_position, origin) WHERE phase = 1;
CREATE INDEX queue_by_origin ON transfer (origin, rank, queue_position) WHERE phase = 1;
CREATE INDEX due ON transfer (wake_at) WHERE phase IN (2, 5);
CREATE INDEX finishing ON transfer (phase_since) WHERE phase = 6;

-- Two operations never write the same file. A name that came from a server is not in it: it gives
-- way when it is taken, so it must never make an update fail.
CREATE UNIQUE INDEX target ON transfer (folder, file_name)
  WHERE phase < 7 AND file_name <> '' AND collision = 0;
CREATE INDEX yielding_target ON transfer (folder, known_name)
  WHERE phase < 7 AND (file_name = '' OR collision <> 0);

CREATE INDEX by_app ON transfer (app, phase);
CREATE INDEX by_group ON transfer (app, group_name) WHERE group_name <> '';
CREATE INDEX ended ON transfer (ended) WHERE phase >= 7;

-- Folders to sweep for partial files. `idle`: nothing was under way there at the last sweep.
CREATE TABLE target_folder (
  path TEXT PRIMARY KEY,
  idle INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row.
CREATE TABLE counter (
  last_queue_position INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (0);
)sql";

// The digest of the whole file that the server told.
constexpr const char* kServedDigests = R"sql(
ALTER TABLE transfer ADD COLUMN served_algorithm TEXT;
ALTER TABLE transfer ADD COLUMN served_hex TEXT;
)sql";

// What requests need besides headers. The secrets themselves are never in here.
constexpr const char* kRequests = R"sql(
ALTER TABLE transfer ADD COLUMN secret BLOB;                        -- entry of the secret store
ALTER TABLE transfer ADD COLUMN proxy TEXT NOT NULL DEFAULT '';     -- for http, https, ftp, and $no_proxy: a line each
ALTER TABLE transfer ADD COLUMN ca_file TEXT NOT NULL DEFAULT '';
ALTER TABLE transfer ADD COLUMN recoverable TEXT NOT NULL DEFAULT '';  -- numbers, separated by commas
CREATE INDEX by_secret ON transfer (secret) WHERE secret IS NOT NULL;
)sql";

// The file that the request sends: "device inode size modified changed spooled path".
constexpr const char* kBodies = R"sql(
ALTER TABLE transfer ADD COLUMN body TEXT NOT NULL DEFAULT '';
)sql";

// Which server gave the bytes that are there. What uploads have sent; `request_open`: one that must
// not be sent twice unseen was under way.
constexpr const char* kUploads = R"sql(
ALTER TABLE transfer ADD COLUMN served_by TEXT NOT NULL DEFAULT '';
ALTER TABLE transfer ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN send_total INTEGER;
ALTER TABLE transfer ADD COLUMN upload TEXT NOT NULL DEFAULT '';   -- where the server keeps what it has
ALTER TABLE transfer ADD COLUMN upload_restarts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN upload_wish INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfer ADD COLUMN request_open INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace

const std::array<const char*, kSchemaVersion> kMigrations = {kTransfers, kServedDigests, kRequests,
                                                             kBodies, kUploads};

}  // namespace lh
