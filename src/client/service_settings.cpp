#include "client/service_settings.h"

#include <optional>
#include <string>
#include <utility>

#include "client/client_error.h"
#include "client/proxy_environment.h"
#include "core/model/spec_check.h"

namespace lh {
namespace {

/// What downloads and uploads have in common.
TransferSettings common_model(const longhaul::RequestSettings& settings) {
  TransferSettings model;
  model.method = settings.Method;
  for (const auto& [name, value] : settings.Headers) model.headers.push_back({name, value});
  model.priority = settings.Priority;
  model.cost_policy = settings.CostPolicy;
  model.group = settings.Group;
  const auto login = [](const std::optional<longhaul::TransferLogin>& given) {
    return given ? std::optional(Login{given->User, given->Password}) : std::nullopt;
  };
  model.server_login = login(settings.ServerLogin);
  model.proxy_login = login(settings.ProxyLogin);
  model.proxy = settings.Proxy ? proxy_for_all(*settings.Proxy) : proxy_from_environment();
  model.ca_file = settings.CertificateFile;
  model.body_file = settings.BodyFile;
  model.keep = settings.KeepWhenEnded;
  return model;
}

BodyPart to_model(const longhaul::UploadPart& part) {
  BodyPart model;
  model.name = part.Name;
  model.file_name = part.FileName;
  for (const auto& [name, value] : part.Headers) model.headers.push_back({name, value});
  model.text = part.Text;
  model.file = part.File;
  model.content_type = part.ContentType;
  return model;
}

}  // namespace

TransferSettings to_model(const longhaul::DownloadSettings& settings) {
  TransferSettings model = common_model(settings);
  if (!settings.Checksum.empty()) {
    Result<Checksum> checksum = parse_checksum(settings.Checksum);
    if (!checksum) throw_error(checksum.error());
    model.checksum = std::move(*checksum);
  }
  model.recoverable = settings.Recoverable;
  model.collision = settings.ReplaceExisting ? Collision::Replace : Collision::MakeUnique;
  return model;
}

TransferSettings to_model(const longhaul::UploadSettings& settings) {
  TransferSettings model = common_model(settings);
  model.parts.reserve(settings.Parts.size());
  for (const longhaul::UploadPart& part : settings.Parts) model.parts.push_back(to_model(part));
  model.subtype = settings.Subtype;
  model.boundary = settings.Boundary;
  return model;
}

void require_all_utf8(const TransferSettings& settings) {
  for (const HeaderField& field : settings.headers) {
    require_utf8(field);
  }
  require_utf8("the method", settings.method);
  require_utf8("the group", settings.group);
  require_utf8("the path of the certificates", settings.ca_file);
  require_utf8("the path of the request's body", settings.body_file);
  for (const auto& login : {settings.server_login, settings.proxy_login}) {
    require_utf8("the user name", login ? login->user : "");
    require_utf8("the password", login ? login->password : "");
  }
  for (const std::string& proxy :
       {settings.proxy.http, settings.proxy.https, settings.proxy.ftp, settings.proxy.exceptions}) {
    require_utf8("the proxy", proxy);
  }
  for (const BodyPart& part : settings.parts) {
    require_utf8("the name of a part", part.name);
    require_utf8("the file name of a part", part.file_name);
    require_utf8("the content type of a part", part.content_type);
    for (const HeaderField& field : part.headers) require_utf8(field);
  }
  require_utf8("the subtype", settings.subtype);
  require_utf8("the boundary", settings.boundary);
}

}  // namespace lh
