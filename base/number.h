/* Numbers as text without printf, for what each request and each document needs. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define NUMBER_DIGITS_MAX 20
#define NUMBER_HEX_DIGITS 16

/* Writes the decimal digits, without a terminator, and returns how many. */
size_t number_put(char out[NUMBER_DIGITS_MAX], uint64_t number);
/* Writes 16 lower-case hexadecimal digits, without a terminator. */
void number_put_hex(char out[NUMBER_HEX_DIGITS], uint64_t number);

#endif
