/* libpq, loaded when the first URL of a database is read. It brings OpenSSL, Kerberos
 * and LDAP with it, memory that a process which serves a file need not have.
 *
 * Included in place of <libpq-fe.h>: calls of its functions go through pointers of the
 * same names. A function that is not in the list does not link. */
#ifndef STORE_POSTGRES_LIBPQ_H
#define STORE_POSTGRES_LIBPQ_H

#include "base/error.h"
#include "base/rc.h"

#include <libpq-fe.h>

#define LIBPQ_FUNCTIONS(of) \
	of(PQclear) of(PQconnectPoll) of(PQconnectStartParams) of(PQconnectdb) of( \
		PQconnectdbParams) of(PQconninfoFree) of(PQconninfoParse) of(PQconsumeInput) \
		of(PQdb) of(PQenterPipelineMode) of(PQerrorMessage) of(PQescapeLiteral) of( \
			PQexec) of(PQfformat) of(PQfinish) of(PQflush) of(PQfreemem) \
			of(PQgetResult) of(PQgetisnull) of(PQgetlength) of(PQgetvalue) of( \
				PQhost) of(PQisBusy) of(PQnfields) of(PQnotifies) of(PQntuples) \
				of(PQparameterStatus) of(PQpass) of(PQpipelineSync) of( \
					PQputCopyData) of(PQputCopyEnd) of(PQresultErrorField) \
					of(PQresultErrorMessage) of(PQresultStatus) of( \
						PQsendPrepare) of(PQsendQueryParams) \
						of(PQsendQueryPrepared) of(PQserverVersion) of( \
							PQsetNoticeReceiver) \
							of(PQsetSingleRowMode) of( \
								PQsetnonblocking) of(PQsocket) \
								of(PQstatus) \
									of(PQtransactionStatus) \
										of(PQuser)

struct libpq {
#define LIBPQ_POINTER(name) __typeof__(name) *name;
	LIBPQ_FUNCTIONS(LIBPQ_POINTER)
#undef LIBPQ_POINTER
};

extern struct libpq libpq;

/* Does nothing if it is loaded. To be called before any of its functions;
 * conninfo_parse does. RC_UNAVAILABLE: it is not installed, or lacks a function. */
MUST_USE enum rc libpq_load(struct error *err);

#define PQclear libpq.PQclear
#define PQconnectPoll libpq.PQconnectPoll
#define PQconnectStartParams libpq.PQconnectStartParams
#define PQconnectdb libpq.PQconnectdb
#define PQconnectdbParams libpq.PQconnectdbParams
#define PQconninfoFree libpq.PQconninfoFree
#define PQconninfoParse libpq.PQconninfoParse
#define PQconsumeInput libpq.PQconsumeInput
#define PQdb libpq.PQdb
#define PQenterPipelineMode libpq.PQenterPipelineMode
#define PQerrorMessage libpq.PQerrorMessage
#define PQescapeLiteral libpq.PQescapeLiteral
#define PQexec libpq.PQexec
#define PQfformat libpq.PQfformat
#define PQfinish libpq.PQfinish
#define PQflush libpq.PQflush
#define PQfreemem libpq.PQfreemem
#define PQgetResult libpq.PQgetResult
#define PQgetisnull libpq.PQgetisnull
#define PQgetlength libpq.PQgetlength
#define PQgetvalue libpq.PQgetvalue
#define PQhost libpq.PQhost
#define PQisBusy libpq.PQisBusy
#define PQnfields libpq.PQnfields
#define PQnotifies libpq.PQnotifies
#define PQntuples libpq.PQntuples
#define PQparameterStatus libpq.PQparameterStatus
#define PQpass libpq.PQpass
#define PQpipelineSync libpq.PQpipelineSync
#define PQputCopyData libpq.PQputCopyData
#define PQputCopyEnd libpq.PQputCopyEnd
#define PQresultErrorField libpq.PQresultErrorField
#define PQresultErrorMessage libpq.PQresultErrorMessage
#define PQresultStatus libpq.PQresultStatus
#define PQsendPrepare libpq.PQsendPrepare
#define PQsendQueryParams libpq.PQsendQueryParams
#define PQsendQueryPrepared libpq.PQsendQueryPrepared
#define PQserverVersion libpq.PQserverVersion
#define PQsetNoticeReceiver libpq.PQsetNoticeReceiver
#define PQsetSingleRowMode libpq.PQsetSingleRowMode
#define PQsetnonblocking libpq.PQsetnonblocking
#define PQsocket libpq.PQsocket
#define PQstatus libpq.PQstatus
#define PQtransactionStatus libpq.PQtransactionStatus
#define PQuser libpq.PQuser

#endif
