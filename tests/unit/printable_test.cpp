#include "core/printable.hpp"

#include <gtest/gtest.h>

namespace runvisor::core {
namespace {

using namespace std::string_literals;

TEST(Printable, LeavesTextAsItIs) {
  for (const auto& text :
       {""s, "nginx"s, "a name with blanks ~!"s, "größe-服務-🙂"s, "\xef\xbf\xbd"s, "\xc2\xa0"s}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ReplacesEachControlCharacter) {
  EXPECT_EQ(printable("\x1b[31m\a\n\t\r\x7f\0end"s), "?[31m??????end");
  // The second set of them, as UTF-8 and bare.
  EXPECT_EQ(printable("\xc2\x9b"
                      "1m \x9b"
                      "1m"),
            "??1m ?1m");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff\xfe"), "??");
  EXPECT_EQ(printable("cut \xe6\x9c"), "cut ??");
  EXPECT_EQ(printable("overlong \xc0\x9b \xe0\x82\x9b \xf0\x80\x82\x9b"), "overlong ?? ??? ????");
  EXPECT_EQ(printable("surrogate \xed\xa0\x80"), "surrogate ???");
  EXPECT_EQ(printable("beyond \xf4\x90\x80\x80 \xf5\x80\x80\x80"), "beyond ???? ????");
  EXPECT_EQ(printable("\xe6\x1b\x9c"), "???");
}

}  // namespace
}  // namespace runvisor::core
