#include "core/model/proxy_settings.h"

#include <gtest/gtest.h>

namespace lh {
namespace {

TEST(ProxySettings, EachSchemeHasItsOwn) {
  ProxySettings settings;
  settings.http = "http://a";
  settings.https = "http://b";
  settings.ftp = "http://c";
  EXPECT_EQ(proxy_for(settings, "http"), "http://a");
  EXPECT_EQ(proxy_for(settings, "https"), "http://b");
  EXPECT_EQ(proxy_for(settings, "ftp"), "http://c");
}

TEST(ProxySettings, OneThatIsMissingIsNotReplacedByAnother) {
  ProxySettings settings;
  settings.http = "http://a";
  EXPECT_EQ(proxy_for(settings, "https"), "");
  EXPECT_EQ(proxy_for(settings, "ftp"), "");
}

TEST(ProxySettings, AreEmptyOnlyWithoutAnyProxy) {
  for (std::string ProxySettings::* const part :
       {&ProxySettings::http, &ProxySettings::https, &ProxySettings::ftp}) {
    ProxySettings settings;
    settings.*part = "http://a";
    EXPECT_FALSE(settings.empty());
  }
}

TEST(ProxySettings, ExceptionsAloneAreNoProxy) {
  ProxySettings settings;
  settings.exceptions = "example.org";
  EXPECT_TRUE(settings.empty());
}

}  // namespace
}  // namespace lh
