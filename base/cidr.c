/* Parses and formats IP addresses and CIDR blocks. auth/throttle counts by address;
 * worker/http/forwarded matches trusted proxies. */
#include "base/cidr.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void address_set(struct address *out, bool is6, const void *bytes)
{
	const unsigned char *from = bytes;

	*out = (struct address){ .is6 = is6 && memcmp(from, mapped, sizeof(mapped)) != 0 };
	if (out->is6)
		memcpy(out->bytes, from, 16);
	else
		memcpy(out->bytes, is6 ? from + sizeof(mapped) : from, 4);
}

enum rc address_parse(struct slice text, struct address *out)
{
	unsigned char bytes[16];
	char copy[ADDRESS_TEXT_MAX];
	bool is6;

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return RC_MALFORMED;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	is6 = strchr(copy, ':') != NULL;
	if (inet_pton(is6 ? AF_INET6 : AF_INET, copy, bytes) != 1)
		return RC_MALFORMED;
	address_set(out, is6, bytes);
	return RC_OK;
}

void address_format(const struct address *address, char out[ADDRESS_TEXT_MAX])
{
	if (inet_ntop(address->is6 ? AF_INET6 : AF_INET, address->bytes, out, ADDRESS_TEXT_MAX) ==
	    NULL)
		out[0] = '\0';
}

/* Is any bit after the first `bits` set? */
static bool has_more_bits(const struct address *address, unsigned bits)
{
	for (unsigned i = bits; i < 8 * sizeof(address->bytes); i++)
		if (address->bytes[i / 8] & (0x80U >> i % 8))
			return true;
	return false;
}

enum rc cidr_parse(const char *text, struct cidr *out, struct error *err)
{
	const size_t len = strcspn(text, "/");
	uint64_t bits;

	if (address_parse(slice_make(text, len), &out->first) != RC_OK)
		return error_set(err, RC_MALFORMED,
				 "cannot read the address \"%.100s\"; write it in numbers, such as "
				 "127.0.0.1, ::1 or 10.0.0.0/8",
				 text);
	bits = out->first.is6 ? 128 : 32;
	if (text[len] && text_number(slice_of(text + len + 1), bits, &bits) != RC_OK)
		return error_set(err, RC_MALFORMED,
				 "\"%.100s\": behind the / must be a number of bits, at most %u",
				 text, out->first.is6 ? 128U : 32U);
	out->bits = (unsigned)bits;
	if (has_more_bits(&out->first, out->bits))
		return error_set(err, RC_MALFORMED,
				 "\"%.100s\": the address has more than the %u bits of its block",
				 text, out->bits);
	return RC_OK;
}

bool cidr_contains(const struct cidr *block, const struct address *address)
{
	const unsigned whole = block->bits / 8, rest = block->bits % 8;

	assert(block->bits <= 8 * sizeof(block->first.bytes));
	if (block->first.is6 != address->is6 ||
	    memcmp(block->first.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (block->first.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}
