#include "transit/date.h"

#include "base/text.h"

#include <stdio.h>
#include <time.h>

/* Takes exactly `digits` decimal digits and the character behind them (0: none) off the front. */
static bool take(struct slice *text, size_t digits, char behind, int *out)
{
	size_t len = digits + (behind != 0);

	if (text->len < len || (behind && text->data[digits] != behind))
		return false;
	*out = 0;
	for (size_t i = 0; i < digits; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		*out = *out * 10 + (text->data[i] - '0');
	}
	*text = slice_make(text->data + len, text->len - len);
	return true;
}

static bool take_day(struct slice *text, struct tm *tm)
{
	if (!take(text, 4, '-', &tm->tm_year) || !take(text, 2, '-', &tm->tm_mon) || !take(text, 2, 0, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	if (text->len == 0 || (*text->data | 0x20) != 't')
		return false;
	*text = slice_make(text->data + 1, text->len - 1);
	return true;
}

static bool take_clock(struct slice *text, struct tm *tm, int *ms)
{
	int unit = 100;

	if (!take(text, 2, ':', &tm->tm_hour) || !take(text, 2, ':', &tm->tm_min) || !take(text, 2, 0, &tm->tm_sec))
		return false;
	*ms = 0;
	if (text->len && *text->data == '.') {
		int digit;

		*text = slice_make(text->data + 1, text->len - 1);
		if (!take(text, 1, 0, &digit))
			return false;
		do {
			*ms += digit * unit;
			unit /= 10;
		} while (take(text, 1, 0, &digit));
	}
	return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 59;
}

static bool take_offset(struct slice *text, int *minutes)
{
	char sign = text->len ? *text->data : 0;
	int hour, minute;

	*text = slice_make(text->data + 1, text->len ? text->len - 1 : 0);
	*minutes = 0;
	if ((sign | 0x20) == 'z')
		return true;
	if ((sign != '+' && sign != '-') || !take(text, 2, ':', &hour) || !take(text, 2, 0, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (sign == '+' ? 1 : -1);
	return true;
}

enum rc date_parse(struct slice text, int64_t *ms)
{
	struct tm tm = { 0 };
	struct tm asked;
	int millis, offset;
	time_t seconds;

	if (!take_day(&text, &tm) || !take_clock(&text, &tm, &millis) || !take_offset(&text, &offset) || text.len)
		return RC_MALFORMED;
	asked = tm;
	seconds = timegm(&tm);
	/* timegm makes March 1 of February 30. */
	if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon)
		return RC_MALFORMED;
	*ms = ((int64_t)seconds - (int64_t)offset * 60) * 1000 + millis;
	return RC_OK;
}

size_t date_format(int64_t ms, char *out)
{
	int64_t rest = ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000;
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
	struct tm tm = { 0 };
	bool plain;
	int year;

	/* Cannot fail: the year of INT64_MAX milliseconds fits an int. */
	(void)gmtime_r(&seconds, &tm);
	year = tm.tm_year + 1900;
	plain = year >= 0 && year <= 9999;
	return (size_t)snprintf(out, DATE_TEXT_MAX, plain ? "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" : "%+07d-%02d-%02dT%02d:%02d:%02d.%03dZ",
				year, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
}
