#include "CRE2.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <memory>

struct cre2_pattern {
  RE2 compiled;

  cre2_pattern(re2::StringPiece text, const RE2::Options &options) : compiled(text, options) {}
};

cre2_pattern *cre2_compile(const char *text, size_t length, int64_t memory, char *error, size_t capacity) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  auto pattern = std::make_unique<cre2_pattern>(re2::StringPiece(text, length), options);
  if (pattern->compiled.ok()) return pattern.release();
  const std::string &reason = pattern->compiled.error();
  const size_t count = std::min(reason.size(), capacity - 1);
  std::memcpy(error, reason.data(), count);
  error[count] = '\0';
  return nullptr;
}

int cre2_size(const cre2_pattern *pattern) { return pattern->compiled.ProgramSize(); }

bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
  const re2::StringPiece subject(text, length);
  return pattern->compiled.Match(subject, 0, length, RE2::UNANCHORED, nullptr, 0);
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }
