#include "cpostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define FUNCTIONS(X)                                                                                                 \
  X(PQconnectStartParams)                                                                                            \
  X(PQconnectPoll)                                                                                                   \
  X(PQstatus)                                                                                                        \
  X(PQtransactionStatus)                                                                                             \
  X(PQsocket)                                                                                                        \
  X(PQerrorMessage)                                                                                                  \
  X(PQsendQueryParams)                                                                                               \
  X(PQsetSingleRowMode)                                                                                              \
  X(PQflush)                                                                                                         \
  X(PQconsumeInput)                                                                                                  \
  X(PQisBusy)                                                                                                        \
  X(PQgetResult)                                                                                                     \
  X(PQresultStatus)                                                                                                  \
  X(PQresultErrorField)                                                                                              \
  X(PQntuples)                                                                                                       \
  X(PQnfields)                                                                                                       \
  X(PQfname)                                                                                                         \
  X(PQftype)                                                                                                         \
  X(PQgetvalue)                                                                                                      \
  X(PQgetlength)                                                                                                     \
  X(PQgetisnull)                                                                                                     \
  X(PQcmdTuples)                                                                                                     \
  X(PQcmdStatus)                                                                                                     \
  X(PQclear)                                                                                                         \
  X(PQsetnonblocking)                                                                                                \
  X(PQgetCancel)                                                                                                     \
  X(PQcancel)                                                                                                        \
  X(PQfreeCancel)                                                                                                    \
  X(PQfinish)                                                                                                        \
  X(PQsetNoticeProcessor)                                                                                           \
  X(PQsetErrorVerbosity)                                                                                             \
  X(PQlibVersion)

#define POINTER(name) static __typeof__(&name) call_##name;
FUNCTIONS(POINTER)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void open_library(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define FIND(name)                                                                                                   \
  if (!(call_##name = (__typeof__(&name))dlsym(library, #name))) {                                                   \
    snprintf(failure, sizeof failure, "libpq.so.5 is too old: it has no %s", #name);                                 \
    return;                                                                                                          \
  }
  FUNCTIONS(FIND)
}

const char *belay_pq_open(void) {
  pthread_once(&once, open_library);
  return failure[0] ? failure : NULL;
}

PGconn *belay_PQconnectStartParams(const char *const *keywords, const char *const *values, int expand) {
  return call_PQconnectStartParams(keywords, values, expand);
}
PostgresPollingStatusType belay_PQconnectPoll(PGconn *connection) { return call_PQconnectPoll(connection); }
ConnStatusType belay_PQstatus(const PGconn *connection) { return call_PQstatus(connection); }
PGTransactionStatusType belay_PQtransactionStatus(const PGconn *connection) {
  return call_PQtransactionStatus(connection);
}
int belay_PQsocket(const PGconn *connection) { return call_PQsocket(connection); }
char *belay_PQerrorMessage(const PGconn *connection) { return call_PQerrorMessage(connection); }
int belay_PQsendQueryParams(PGconn *connection, const char *command, int count, const Oid *types,
                            const char *const *values, const int *lengths, const int *formats, int result_format) {
  return call_PQsendQueryParams(connection, command, count, types, values, lengths, formats, result_format);
}
int belay_PQsetSingleRowMode(PGconn *connection) { return call_PQsetSingleRowMode(connection); }
int belay_PQflush(PGconn *connection) { return call_PQflush(connection); }
int belay_PQconsumeInput(PGconn *connection) { return call_PQconsumeInput(connection); }
int belay_PQisBusy(PGconn *connection) { return call_PQisBusy(connection); }
PGresult *belay_PQgetResult(PGconn *connection) { return call_PQgetResult(connection); }
ExecStatusType belay_PQresultStatus(const PGresult *result) { return call_PQresultStatus(result); }
char *belay_PQresultErrorField(const PGresult *result, int field) { return call_PQresultErrorField(result, field); }
int belay_PQntuples(const PGresult *result) { return call_PQntuples(result); }
int belay_PQnfields(const PGresult *result) { return call_PQnfields(result); }
char *belay_PQfname(const PGresult *result, int column) { return call_PQfname(result, column); }
Oid belay_PQftype(const PGresult *result, int column) { return call_PQftype(result, column); }
char *belay_PQgetvalue(const PGresult *result, int row, int column) { return call_PQgetvalue(result, row, column); }
int belay_PQgetlength(const PGresult *result, int row, int column) { return call_PQgetlength(result, row, column); }
int belay_PQgetisnull(const PGresult *result, int row, int column) { return call_PQgetisnull(result, row, column); }
char *belay_PQcmdTuples(PGresult *result) { return call_PQcmdTuples(result); }
char *belay_PQcmdStatus(PGresult *result) { return call_PQcmdStatus(result); }
void belay_PQclear(PGresult *result) { call_PQclear(result); }
int belay_PQsetnonblocking(PGconn *connection, int on) { return call_PQsetnonblocking(connection, on); }
PGcancel *belay_PQgetCancel(PGconn *connection) { return call_PQgetCancel(connection); }
int belay_PQcancel(PGcancel *cancel, char *error, int size) { return call_PQcancel(cancel, error, size); }
void belay_PQfreeCancel(PGcancel *cancel) { call_PQfreeCancel(cancel); }
void belay_PQfinish(PGconn *connection) { call_PQfinish(connection); }
int belay_PQlibVersion(void) { return call_PQlibVersion(); }

static void ignore(void *context, const char *message) {
  (void)context;
  (void)message;
}
void belay_pq_silence(PGconn *connection) { call_PQsetNoticeProcessor(connection, ignore, NULL); }

void belay_pq_tell_codes(PGconn *connection) { call_PQsetErrorVerbosity(connection, PQERRORS_VERBOSE); }
