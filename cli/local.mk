# The commands.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/atomic_file.c %D%/atomic_file.h \
	%D%/audit_note.c %D%/audit_note.h \
	%D%/backup.c \
	%D%/check.c \
	%D%/command.c %D%/command.h \
	%D%/command_table.c \
	%D%/completion_bash.c \
	%D%/completion_zsh.c \
	%D%/completion.c %D%/completion.h \
	%D%/config.c %D%/config.h \
	%D%/config_file.c %D%/config_file.h \
	%D%/control_client.c %D%/control_client.h \
	%D%/copy.c \
	%D%/copy_report.c %D%/copy_report.h \
	%D%/cors_origin.c %D%/cors_origin.h \
	%D%/database.c %D%/database.h \
	%D%/db_password.c %D%/db_password.h \
	%D%/doc.c %D%/doc.h \
	%D%/doc_log.c \
	%D%/doc_ls.c \
	%D%/doc_put.c \
	%D%/epoch.c \
	%D%/export.c \
	%D%/help.c %D%/help.h \
	%D%/export_former.c %D%/export_former.h \
	%D%/import.c %D%/import.h \
	%D%/import_history.c %D%/import_history.h \
	%D%/import_read.c \
	%D%/import_write.c \
	%D%/init.c \
	%D%/invite.c \
	%D%/invites.c %D%/invites.h \
	%D%/jwt_file.c %D%/jwt_file.h \
	%D%/kept_rights.c \
	%D%/ndjson_line.c %D%/ndjson_line.h \
	%D%/ndjson_reader.c %D%/ndjson_reader.h \
	%D%/progress.c %D%/progress.h \
	%D%/purge.c \
	%D%/restore.c \
	%D%/say.c %D%/say.h \
	%D%/serve.c %D%/serve.h \
	%D%/serve_options.c \
	%D%/server_stats.c %D%/server_stats.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_check.c %D%/settings_check.h \
	%D%/spool.c %D%/spool.h \
	%D%/stats.c \
	%D%/stats_users.c %D%/stats_users.h \
	%D%/tail.c \
	%D%/tail_follow.c %D%/tail_follow.h \
	%D%/tail_position.c %D%/tail_position.h \
	%D%/tail_sink.c %D%/tail_sink.h \
	%D%/temp_file.c %D%/temp_file.h \
	%D%/terminal.c %D%/terminal.h \
	%D%/text_table.c %D%/text_table.h \
	%D%/token.c \
	%D%/token_id.c %D%/token_id.h \
	%D%/token_list.c \
	%D%/token_options.c %D%/token_options.h \
	%D%/token_set.c \
	%D%/tokens.c %D%/tokens.h \
	%D%/top.c \
	%D%/top_picture.c %D%/top_picture.h \
	%D%/version.c
