// Lays out a body of several parts, as the service does, and writes what a request would send.
//
//   multipart FOLDER < REQUEST
//
// REQUEST is {"subtype", "boundary", "parts": [{"name", "file_name", "content_type", "text",
// "file", "headers": [[NAME, VALUE], …]}, …]}; the spool is made in FOLDER. Standard output has the
// length, the Content-Type, a line each, then the body.

#include "core/http/multipart.h"

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "files/body_source.h"
#include "files/spool.h"
#include "platform/system_info.h"

namespace {

using nlohmann::json;

lh::BodyPart part_of(const json& from) {
  lh::BodyPart part;
  part.name = from.value("name", "");
  part.file_name = from.value("file_name", "");
  part.content_type = from.value("content_type", "");
  if (from.contains("text")) part.text = from["text"].get<std::string>();
  if (from.contains("file")) part.file = from["file"].get<std::string>();
  for (const json& field : from.value("headers", json::array())) {
    part.headers.push_back({field[0].get<std::string>(), field[1].get<std::string>()});
  }
  return part;
}

int fail(const lh::Error& error) {
  std::cerr << "multipart: " << error.message() << '\n';
  return 1;
}

int run(const std::string& folder, const json& request) {
  std::vector<lh::BodyPart> parts;
  for (const json& each : request["parts"]) parts.push_back(part_of(each));
  const std::string subtype = request.value("subtype", "");
  std::string boundary = request.value("boundary", "");
  if (auto checked = lh::check_parts(parts, subtype, boundary); !checked) {
    return fail(checked.error());
  }
  if (boundary.empty()) boundary = lh::make_boundary(lh::random_guid().bytes());
  const auto body = lh::lay_out(parts, subtype, boundary);
  lh::Spool spool(lh::system_file_ops(), folder + "/spool", 64 * 1024 * 1024);
  const auto kept = spool.lay_out(body, lh::random_guid());
  if (!kept) return fail(kept.error());
  const auto source = lh::BodySource::open(lh::system_file_ops(), *kept);
  if (!source) return fail(source.error());
  std::cout << (*source)->size() << '\n' << body.content_type << '\n';
  std::vector<char> buffer(10'000);
  while (true) {
    const auto count = (*source)->read(buffer);
    if (!count) return fail(count.error());
    if (*count == 0) return std::cout.flush() ? 0 : 1;
    std::cout.write(buffer.data(), static_cast<std::streamsize>(*count));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  return run(argv[1], json::parse(text));
}
