#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// RE2 is C++, which Swift calls only with a setting that every target above would need, too. No function here has an
// effect beside its result, and a pattern may be matched by several threads at once (re2.h).

/// A compiled pattern; freed with cre2_free.
typedef struct cre2_pattern cre2_pattern;

/// Compiles a pattern in RE2's syntax, UTF-8. It may take at most `memory` bytes, its matching as many again.
///
/// Returns NULL for a wrong pattern, with the reason in `error`, cut to `capacity` and ended with NUL.
cre2_pattern *_Nullable cre2_compile(
    const char *_Nonnull text, size_t length, int64_t memory, char *_Nonnull error, size_t capacity);

/// Instructions of its program: the time for each byte of a text, at worst.
int cre2_size(const cre2_pattern *_Nonnull pattern);

/// Whether some part of the text matches, in time linear in its length.
bool cre2_matches(const cre2_pattern *_Nonnull pattern, const char *_Nonnull text, size_t length);

void cre2_free(cre2_pattern *_Nonnull pattern);

#ifdef __cplusplus
}
#endif

#endif
