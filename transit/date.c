/* Parses and formats dates without printf and time zone locks, as documents contain
 * many. transit/scalar.c validates by it, transit/project.c formats by it. */
#include "transit/date.h"

#include "base/text.h"

#include <stdio.h>
#include <time.h>

/* Removes exactly `digits` decimal digits and the character after them (0: none) from
 * the front. */
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
	if (!take(text, 4, '-', &tm->tm_year) || !take(text, 2, '-', &tm->tm_mon) ||
	    !take(text, 2, 0, &tm->tm_mday))
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

	if (!take(text, 2, ':', &tm->tm_hour) || !take(text, 2, ':', &tm->tm_min) ||
	    !take(text, 2, 0, &tm->tm_sec))
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
	if ((sign != '+' && sign != '-') || !take(text, 2, ':', &hour) ||
	    !take(text, 2, 0, &minute) || hour > 23 || minute > 59)
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

	if (!take_day(&text, &tm) || !take_clock(&text, &tm, &millis) ||
	    !take_offset(&text, &offset) || text.len)
		return RC_MALFORMED;
	asked = tm;
	seconds = timegm(&tm);
	/* timegm normalizes February 30 to March 1 or 2. */
	if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon)
		return RC_MALFORMED;
	*ms = ((int64_t)seconds - (int64_t)offset * 60) * 1000 + millis;
	return RC_OK;
}

/* Writes the last digits of a number so that they end at `end`. */
static void put_digits(char *end, int64_t number, int digits)
{
	while (digits-- > 0) {
		*--end = (char)('0' + number % 10);
		number /= 10;
	}
}

/* The proleptic Gregorian calendar, with years that begin in March: a leap day is then
 * the last day of a year, and the lengths of months repeat every five months. `days`
 * counts from the first day of year 0 of that calendar and is not negative. */
static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	const int64_t in_400_years = 146097;
	int64_t of_era = days % in_400_years;
	int64_t of_400 =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / (in_400_years - 1)) / 365;
	int64_t of_year = of_era - (365 * of_400 + of_400 / 4 - of_400 / 100);
	int64_t from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = days / in_400_years * 400 + of_400 + (*month <= 2);
}

/* Years 0 to 9999: the common case, without printf. */
static size_t format_plain(int64_t days, int64_t of_day, char *out)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";
	const int64_t epoch = 719468 + 146097; /* 1970-01-01, from March 1 of the year -400 */
	int64_t year, month, day;

	civil(days + epoch, &year, &month, &day);
	memcpy(out, shape, sizeof(shape));
	put_digits(out + 4, year - 400, 4);
	put_digits(out + 7, month, 2);
	put_digits(out + 10, day, 2);
	put_digits(out + 13, of_day / 3600000, 2);
	put_digits(out + 16, of_day / 60000 % 60, 2);
	put_digits(out + 19, of_day / 1000 % 60, 2);
	put_digits(out + 23, of_day % 1000, 3);
	return sizeof(shape) - 1;
}

/* All other years. */
static size_t format_far(int64_t days, int64_t of_day, char *out)
{
	time_t seconds = (time_t)(days * 86400 + of_day / 1000);
	struct tm tm = { 0 };

	/* Cannot fail: the year of INT64_MAX milliseconds fits into an int. */
	(void)gmtime_r(&seconds, &tm);
	return (size_t)snprintf(out, DATE_TEXT_MAX, "%+07d-%02d-%02dT%02d:%02d:%02d.%03dZ",
				tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
				tm.tm_sec, (int)(of_day % 1000));
}

size_t date_format(int64_t ms, char *out)
{
	const int64_t in_day = 86400000;
	const int64_t first = -719528, last = 2932896; /* 0000-01-01, 9999-12-31 */
	int64_t days = ms / in_day - (ms % in_day < 0);
	int64_t of_day = (ms % in_day + in_day) % in_day;

	return days >= first && days <= last ? format_plain(days, of_day, out)
					     : format_far(days, of_day, out);
}
