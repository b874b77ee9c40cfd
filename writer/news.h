/* Reports of the store about a database that several hosts use. */
#ifndef WRITER_NEWS_H
#define WRITER_NEWS_H

#include "store/store.h"

/* For store_watch; `arg`: the writer. */
void news_take(void *arg, const struct store_news *news);

#endif
