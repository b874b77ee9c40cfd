/* The handlers of the admin page's API, one file for each subject, and what they share
 * (answer.c). Each answers its exchange exactly once, now or later. Bodies are JSON
 * (doc/admin.schema.json). */
#ifndef ADMIN_API_H
#define ADMIN_API_H

#include "admin/dispatch.h"

void page_serve(struct exchange *exchange);        /* page.c */
void api_session(struct exchange *exchange);       /* numbers.c */
void api_numbers(struct exchange *exchange);       /* numbers.c */
void api_users(struct exchange *exchange);         /* users.c */
void api_tokens(struct exchange *exchange);        /* tokens.c */
void api_token_add(struct exchange *exchange);     /* tokens_change.c */
void api_token_rotate(struct exchange *exchange);  /* tokens_change.c */
void api_token_revoke(struct exchange *exchange);  /* tokens_change.c */
void api_token_set(struct exchange *exchange);     /* tokens_change.c */
void api_invites(struct exchange *exchange);       /* invites.c */
void api_invite_add(struct exchange *exchange);    /* invites.c */
void api_invite_end(struct exchange *exchange);    /* invites.c */
void api_streams(struct exchange *exchange);       /* streams.c */
void api_stream_end(struct exchange *exchange);    /* streams.c */
void api_groups(struct exchange *exchange);        /* groups.c */
void api_documents(struct exchange *exchange);     /* documents.c */
void api_document(struct exchange *exchange);      /* documents.c */
void api_versions(struct exchange *exchange);      /* documents.c */
void api_document_put(struct exchange *exchange);  /* document_put.c */
void api_audit(struct exchange *exchange);         /* audit_tail.c */
void api_backup_ticket(struct exchange *exchange); /* backup.c */
void api_backup_file(struct exchange *exchange);   /* backup.c */

/* ---- answer.c ---- */

/* Answers with the JSON, whose memory is taken over. */
void answer_json(struct exchange *exchange, int status, struct buf *body);
/* Answers with the failure of the database or of the writer. */
void answer_failed(struct exchange *exchange, enum rc rc);
/* The same if there is no reply of the writer (`rc`), or a refusal. False: it has done
 * what it was asked for, and nothing was answered. */
bool answer_if_failed(struct exchange *exchange, enum rc rc, const struct store_reply *reply);
/* Answers with 400. */
void answer_bad(struct exchange *exchange, const char *detail);

void json_text(struct buf *out, const char *name, struct slice text);
void json_number(struct buf *out, const char *name, uint64_t number);
void json_signed(struct buf *out, const char *name, int64_t number);
void json_flag(struct buf *out, const char *name, bool flag);
/* A time of RFC 3339; null if it is 0. */
void json_time(struct buf *out, const char *name, int64_t seconds);
/* Opens a member that is an object or an array: close it with envelope_close or
 * envelope_close_list. */
void json_open(struct buf *out, const char *name);
void json_open_list(struct buf *out, const char *name);
/* The member `groups`, without what makes a token an administrator's. */
void json_grants(struct buf *out, const struct store_grant *grants, size_t count);

/* ---- json_body.c ---- */

enum body_kind { BODY_TEXT, BODY_TEXTS, BODY_NUMBER, BODY_FLAG, BODY_VALUE };

#define BODY_TEXTS_MAX 64

/* A member of the object that a request's body is. */
struct json_field {
	const char *name; /* NULL: this body has no such member */
	enum body_kind kind;
	bool required;
	bool is_there;
	uint64_t number;
	bool flag;
	bool plain; /* of BODY_VALUE, as transit_in_value gives it */
	size_t count;
	struct {
		size_t from, len;
	} texts[BODY_TEXTS_MAX]; /* in the text of the body */
};

struct json_body {
	struct json_field *fields;
	size_t count;
	struct buf text;
};

/* Reads the body; false: it was refused with 400 or 415, and the exchange has ended.
 * Free with body_free in any case. */
MUST_USE bool json_body_read(struct exchange *exchange, struct json_body *body);
void json_body_free(struct json_body *body);
struct slice json_body_text(const struct json_body *body, size_t field, size_t i);

#endif
