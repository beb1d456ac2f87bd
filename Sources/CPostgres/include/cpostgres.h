/* libpq, opened when it is first needed: it and what it needs cost belay milliseconds at every start. Each function is
   libpq's of that name. */
#ifndef BELAY_CPOSTGRES_H
#define BELAY_CPOSTGRES_H

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif

/* Once in a process; later calls do nothing. Why libpq cannot be used, or NULL. */
const char *belay_pq_open(void);

PGconn *belay_PQconnectStartParams(const char *const *keywords, const char *const *values, int expand);
PostgresPollingStatusType belay_PQconnectPoll(PGconn *connection);
ConnStatusType belay_PQstatus(const PGconn *connection);
PGTransactionStatusType belay_PQtransactionStatus(const PGconn *connection);
int belay_PQsocket(const PGconn *connection);
char *belay_PQerrorMessage(const PGconn *connection);
int belay_PQsendQueryParams(PGconn *connection, const char *command, int count, const Oid *types,
                            const char *const *values, const int *lengths, const int *formats, int result_format);
int belay_PQsetSingleRowMode(PGconn *connection);
int belay_PQflush(PGconn *connection);
int belay_PQconsumeInput(PGconn *connection);
int belay_PQisBusy(PGconn *connection);
PGresult *belay_PQgetResult(PGconn *connection);
ExecStatusType belay_PQresultStatus(const PGresult *result);
char *belay_PQresultErrorField(const PGresult *result, int field);
int belay_PQntuples(const PGresult *result);
int belay_PQnfields(const PGresult *result);
char *belay_PQfname(const PGresult *result, int column);
Oid belay_PQftype(const PGresult *result, int column);
char *belay_PQgetvalue(const PGresult *result, int row, int column);
int belay_PQgetlength(const PGresult *result, int row, int column);
int belay_PQgetisnull(const PGresult *result, int row, int column);
char *belay_PQcmdTuples(PGresult *result);
char *belay_PQcmdStatus(PGresult *result);
void belay_PQclear(PGresult *result);
int belay_PQsetnonblocking(PGconn *connection, int on);
PGcancel *belay_PQgetCancel(PGconn *connection);
int belay_PQcancel(PGcancel *cancel, char *error, int size);
void belay_PQfreeCancel(PGcancel *cancel);
void belay_PQfinish(PGconn *connection);
int belay_PQlibVersion(void);
/* Notices go nowhere instead of to stderr. */
void belay_pq_silence(PGconn *connection);
/* The SQLSTATE stands in error messages: of a server that refuses a connection it is nowhere else. */
void belay_pq_tell_codes(PGconn *connection);

#endif
