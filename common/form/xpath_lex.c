#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/form/xpath_internal.h"

void
xpath_refuse(struct lexer *l, uint32_t at, const char *fmt, ...)
{
	char text[200];
	va_list args;

	if (l->st != ST_OK)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	l->st = err_set(l->err, ST_INVALID, "character %zu: %s",
	    utf8_count(l->source, at) + 1, text);
	l->token = TOKEN_END;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_name(char c)
{
	return starts_name(c) || is_digit(c) || c == '-' || c == '.';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte ${ahead} of the next one; NUL at the end. */
static char
peek(const struct lexer *l, size_t ahead)
{
	return l->next + ahead < l->len ? l->source[l->next + ahead] : '\0';
}

static void
skip_space(struct lexer *l)
{
	while (l->next < l->len && is_space(l->source[l->next]))
		l->next++;
}

static void
lex_number(struct lexer *l)
{
	size_t start = l->next;

	while (is_digit(peek(l, 0)))
		l->next++;
	if (peek(l, 0) == '.')
		l->next++;
	while (is_digit(peek(l, 0)))
		l->next++;
	l->token = TOKEN_NUMBER;
	l->number = xpath_number_parse(l->source + start, l->next - start);
}

static void
lex_text(struct lexer *l)
{
	const char *end, *start = l->source + l->next + 1;

	end = memchr(start, start[-1], l->len - l->next - 1);
	if (end == NULL) {
		xpath_refuse(
		    l, l->at, "a text without its closing %c", start[-1]);
		return;
	}
	l->token = TOKEN_TEXT;
	l->text = start;
	l->text_len = (size_t)(end - start);
	l->next += l->text_len + 2;
}

/* May an operator stand here?  Else "*" and "and" are names. */
static bool
ends_operand(enum token token)
{
	switch (token) {
	case TOKEN_NUMBER:
	case TOKEN_TEXT:
	case TOKEN_NAME:
	case TOKEN_DOT:
	case TOKEN_DOTS:
	case TOKEN_CLOSE:
	case TOKEN_CLOSE_FILTER:
		return true;
	default:
		return false;
	}
}

static bool
is_word(const struct lexer *l, const char *word)
{
	return l->text_len == strlen(word) &&
	    memcmp(l->text, word, l->text_len) == 0;
}

static bool
is_type(const struct lexer *l)
{
	return is_word(l, "node") || is_word(l, "text") ||
	    is_word(l, "comment") || is_word(l, "processing-instruction");
}

/*
 * Where only an operator can stand, "div2" and "and-1" are one and what comes
 * behind it, as other engines take them, although they could be names.
 */
static bool
lex_word_operator(struct lexer *l)
{
	static const struct {
		const char *word;
		enum ast_kind kind;
	} WORDS[] = { { "or", AST_OR }, { "and", AST_AND }, { "div", AST_DIV },
		{ "mod", AST_MOD } };
	size_t i, len;

	if (!ends_operand(l->before))
		return false;
	for (i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
		len = strlen(WORDS[i].word);
		if (l->text_len < len ||
		    memcmp(l->text, WORDS[i].word, len) != 0 ||
		    (l->text_len > len && starts_name(l->text[len])))
			continue;
		l->token = TOKEN_OPERATOR;
		l->kind = WORDS[i].kind;
		l->next -= l->text_len - len;
		return true;
	}
	return false;
}

static void
take_name(struct lexer *l)
{
	while (is_name(peek(l, 0)))
		l->next++;
}

static void
lex_name(struct lexer *l)
{
	size_t start = l->next;
	bool prefixed = false;
	char after;

	take_name(l);
	if (peek(l, 0) == ':' && starts_name(peek(l, 1))) {
		prefixed = true;
		l->next++;
		take_name(l);
	} else if (peek(l, 0) == ':' && peek(l, 1) == '*') {
		prefixed = true;
		l->next += 2;
	}
	l->text = l->source + start;
	l->text_len = l->next - start;
	if (!prefixed && lex_word_operator(l))
		return;
	l->token = TOKEN_NAME;
	start = l->next;
	skip_space(l);
	after = peek(l, 0);
	if (after == '(')
		l->token =
		    !prefixed && is_type(l) ? TOKEN_TYPE : TOKEN_FUNCTION;
	else if (after == ':' && peek(l, 1) == ':' && !prefixed)
		l->token = TOKEN_AXIS;
	l->next = start;
}

static void
lex_operator(struct lexer *l, enum ast_kind kind, size_t len)
{
	l->token = TOKEN_OPERATOR;
	l->kind = kind;
	l->next += len;
}

static void
lex_token(struct lexer *l, enum token token, size_t len)
{
	l->token = token;
	l->next += len;
}

/* Where a byte alone says it all; false: it does not. */
static bool
lex_mark(struct lexer *l, char c)
{
	bool twice = peek(l, 1) == c, equals = peek(l, 1) == '=';

	switch (c) {
	case '(':
		lex_token(l, TOKEN_OPEN, 1);
		return true;
	case ')':
		lex_token(l, TOKEN_CLOSE, 1);
		return true;
	case '[':
		lex_token(l, TOKEN_OPEN_FILTER, 1);
		return true;
	case ']':
		lex_token(l, TOKEN_CLOSE_FILTER, 1);
		return true;
	case ',':
		lex_token(l, TOKEN_COMMA, 1);
		return true;
	case '@':
		lex_token(l, TOKEN_AT, 1);
		return true;
	case '/':
		lex_token(l, twice ? TOKEN_SLASHES : TOKEN_SLASH, 1 + twice);
		return true;
	case '.':
		lex_token(l, twice ? TOKEN_DOTS : TOKEN_DOT, 1 + twice);
		return true;
	case '|':
		lex_operator(l, AST_UNION, 1);
		return true;
	case '+':
		lex_operator(l, AST_ADD, 1);
		return true;
	case '-':
		lex_operator(l, AST_SUB, 1);
		return true;
	case '=':
		lex_operator(l, AST_EQ, 1);
		return true;
	case '<':
		lex_operator(l, equals ? AST_LE : AST_LT, 1 + equals);
		return true;
	case '>':
		lex_operator(l, equals ? AST_GE : AST_GT, 1 + equals);
		return true;
	default:
		return false;
	}
}

static void
lex_other(struct lexer *l, char c)
{
	if (c == '!' && peek(l, 1) == '=') {
		lex_operator(l, AST_NE, 2);
	} else if (c == ':' && peek(l, 1) == ':') {
		lex_token(l, TOKEN_COLONS, 2);
	} else if (c == '*' && ends_operand(l->before)) {
		lex_operator(l, AST_MUL, 1);
	} else if (c == '*') {
		l->text = "*";
		l->text_len = 1;
		lex_token(l, TOKEN_NAME, 1);
	} else if (c == '$') {
		l->next++;
		l->text = l->source + l->next;
		take_name(l);
		xpath_refuse(l, l->at, "there are no variables in forms: $%.*s",
		    (int)(l->source + l->next - l->text), l->text);
	} else if (c == '!') {
		xpath_refuse(
		    l, l->at, "'!' is no operator; not(...) is meant?");
	} else if (c >= ' ' && c < 0x7f) {
		xpath_refuse(l, l->at, "'%c' has no meaning here", c);
	} else {
		xpath_refuse(l, l->at, "a byte without meaning");
	}
}

void
xpath_lex(struct lexer *l)
{
	char c;

	l->before = l->token;
	skip_space(l);
	l->at = (uint32_t)l->next;
	if (l->st != ST_OK || l->next >= l->len) {
		l->token = TOKEN_END;
		return;
	}
	c = peek(l, 0);
	if (is_digit(c) || (c == '.' && is_digit(peek(l, 1))))
		lex_number(l);
	else if (c == '"' || c == '\'')
		lex_text(l);
	else if (starts_name(c))
		lex_name(l);
	else if (!lex_mark(l, c))
		lex_other(l, c);
}
