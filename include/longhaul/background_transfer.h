#pragma once

/// @file
/// Everything: include this.

#include "longhaul/background_downloader.h"
#include "longhaul/background_transfer_error.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/download_operation.h"
#include "longhaul/extensions.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/date_time.h"
#include "longhaul/foundation/delegate.h"
#include "longhaul/foundation/event_token.h"
#include "longhaul/foundation/guid.h"
#include "longhaul/foundation/hresult.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/reference.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/response_information.h"
#include "longhaul/storage/buffer.h"
#include "longhaul/storage/data_reader.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"
#include "longhaul/storage/storage_folder.h"
#include "longhaul/storage/storage_types.h"
#include "longhaul/web_error_status.h"
