#include "engine/redirect.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

ResponseHead redirect(int status, const std::string& location,
                      const std::string& uri = "http://a.example/dir/file?q=1") {
  ResponseHead head{.status = status, .uri = uri, .headers = {}};
  if (!location.empty()) head.headers.push_back({"Location", location});
  return head;
}

Redirect followed(const ResponseHead& head, std::string_view method = "GET") {
  const auto next = follow_redirect(head, method, 0);
  if (const auto* error = std::get_if<TransferError>(&next)) {
    ADD_FAILURE() << error->message;
    return {};
  }
  return std::get<Redirect>(next);
}

TransferError refused(const ResponseHead& head, unsigned before = 0) {
  const auto next = follow_redirect(head, "GET", before);
  if (std::holds_alternative<Redirect>(next)) {
    ADD_FAILURE() << "followed to " << std::get<Redirect>(next).uri;
    return {};
  }
  return std::get<TransferError>(next);
}

TEST(Redirect, OnlyFiveStatusesAreToBeFollowed) {
  for (int status = 100; status < 600; ++status) {
    const bool expected =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    EXPECT_EQ(is_redirect(status), expected) << status;
  }
}

TEST(Redirect, ResolvesRelativeLocations) {
  EXPECT_EQ(followed(redirect(302, "other")).uri, "http://a.example/dir/other");
  EXPECT_EQ(followed(redirect(302, "/top?x=y")).uri, "http://a.example/top?x=y");
  EXPECT_EQ(followed(redirect(302, "//b.example/z")).uri, "http://b.example/z");
  EXPECT_EQ(followed(redirect(302, "https://c.example/z")).uri, "https://c.example/z");
}

TEST(Redirect, DropsUserInfoAndFragment) {
  EXPECT_EQ(followed(redirect(302, "http://me:secret@b.example/z#part")).uri, "http://b.example/z");
}

TEST(Redirect, TellsWhetherTheOriginIsAnother) {
  EXPECT_FALSE(followed(redirect(302, "/z")).other_origin);
  EXPECT_FALSE(followed(redirect(302, "http://a.example:80/z")).other_origin);
  EXPECT_TRUE(followed(redirect(302, "http://b.example/z")).other_origin);
  EXPECT_TRUE(followed(redirect(302, "http://a.example:81/z")).other_origin);
  EXPECT_TRUE(followed(redirect(302, "https://a.example/z")).other_origin);
}

TEST(Redirect, R68_SomeRedirectsTurnTheMethodIntoGet) {
  for (const int status : {301, 302}) {
    EXPECT_EQ(followed(redirect(status, "/z"), "POST").method, "GET");
    EXPECT_EQ(followed(redirect(status, "/z"), "PUT").method, "PUT");
    EXPECT_EQ(followed(redirect(status, "/z"), "HEAD").method, "HEAD");
  }
  EXPECT_EQ(followed(redirect(303, "/z"), "POST").method, "GET");
  EXPECT_EQ(followed(redirect(303, "/z"), "PUT").method, "GET");
  EXPECT_EQ(followed(redirect(303, "/z"), "HEAD").method, "HEAD");
  for (const int status : {307, 308}) {
    EXPECT_EQ(followed(redirect(status, "/z"), "POST").method, "POST");
  }
}

TEST(Redirect, R57_R68_ContentIsKeptWhereTheMethodIsAndIsNotAskedForAfter303) {
  struct Case {
    int status;
    const char* method;
    bool keeps;
  };
  for (const auto& [status, method, keeps] :
       {Case{301, "POST", false},   Case{302, "POST", false}, Case{303, "POST", false},
        Case{307, "POST", true},    Case{308, "POST", true},  Case{301, "PUT", true},
        Case{302, "PUT", true},     Case{303, "PUT", false},  Case{307, "PUT", true},
        Case{308, "PUT", true},     Case{301, "PATCH", true}, Case{302, "PATCH", true},
        Case{303, "PATCH", false},  Case{301, "GET", true},   Case{302, "GET", true},
        Case{303, "GET", false},    Case{307, "GET", true},   Case{308, "GET", true},
        Case{303, "DELETE", false}, Case{302, "ODD", true}}) {
    EXPECT_EQ(followed(redirect(status, "/z"), method).keeps_content, keeps)
        << status << " of " << method;
  }
}

TEST(Redirect, R57_ContentIsKeptAlsoAtAnotherOrigin) {
  EXPECT_TRUE(followed(redirect(307, "http://b.example/z"), "POST").keeps_content);
}

TEST(Redirect, R68_HttpsToHttpIsRefused) {
  const auto error = refused(redirect(302, "http://a.example/z", "https://a.example/"));
  EXPECT_EQ(error.status, WebErrorStatus::HttpsToHttpOnRedirection);
  EXPECT_EQ(followed(redirect(302, "https://a.example/z")).uri, "https://a.example/z");
}

TEST(Redirect, OtherSchemesAndBadAddressesFail) {
  for (const std::string location :
       {"ftp://a.example/z", "file:///etc/passwd", "javascript:x", "http://", "http://a b/"}) {
    EXPECT_EQ(refused(redirect(302, location)).status, WebErrorStatus::RedirectFailed) << location;
  }
}

TEST(Redirect, AMissingLocationFails) {
  const auto error = refused(redirect(301, ""));
  EXPECT_EQ(error.status, WebErrorStatus::RedirectFailed);
  EXPECT_EQ(error.http_status, 301);
  EXPECT_EQ(refused(redirect(308, "")).status, WebErrorStatus::UnexpectedRedirection);
}

TEST(Redirect, R68_TwentyAreFollowedAndNoMore) {
  EXPECT_TRUE(std::holds_alternative<Redirect>(follow_redirect(redirect(302, "/z"), "GET", 19)));
  EXPECT_EQ(refused(redirect(302, "/z"), 20).status, WebErrorStatus::RedirectFailed);
}

TEST(Redirect, MessagesHoldNoQuery) {
  EXPECT_EQ(refused(redirect(301, "")).message,
            "GET http://a.example/dir/file: redirected without saying where to");
}

}  // namespace
}  // namespace lh
