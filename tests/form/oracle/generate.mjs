// Expressions without end, from a seed: operators and functions over the
// world's nodes and over literals that have made trouble somewhere.  What is
// known to differ (differences.json) is left to the tables, so that whatever
// differs here is news: no minus before a path, no NaN made a text, round()
// of what is not negative, date() of what has no time of day, no %a.
const generator = (seed) => () => {
	seed = (seed * 48271) % 2147483647;
	return seed / 2147483647;
};

const PATHS = ['/data/age', '/data/zero', '/data/half', '/data/negative',
	'/data/padded', '/data/name', '/data/word', '/data/blank', '/data/nothing',
	'/data/list', '/data/single', '/data/date', '/data/later', '/data/stamp',
	'/data/one', '/data/true', '/data/false', '.', '../zero', '../nothing'];
const SETS = ['/data/member/age', '/data/member/name', '/data/numbers/n',
	'/data/gaps/n', '/data/mixed/n', '/data/letters/l', '/data/nothing',
	'/data/dates/t', '//title', '/data/member[age > 18]/name',
	'/data/member[sex = "f"]/age', '/data/group/*', '/data/points/p'];
const NUMBERS = ['0', '1', '-1', '2', '3.5', '-2.5', '0.1', '100',
	'10', '12345.678', '0.5', '1000000'];
const STRINGS = ["''", "'a'", "'hello'", "'a b c'", "'12'", "'-1.5'", "' 7 '",
	"'x'", "'2012-01-01'", "'2012-02-29'", "'true'", "'b'", "'ell'", "'家'",
	"'2012-01-01T10:00:00.000+07:00'", "'1,2'"];

export const generate = function* (seed, n) {
	const random = generator(seed);
	const pick = (list) => list[Math.floor(random() * list.length)];
	const number = (d) => d <= 0 || random() < 0.3 ? pick([...NUMBERS, ...PATHS])
		: pick([
			() => `${number(d - 1)} ${pick(['+', '-', '*', 'div', 'mod'])} ${number(d - 1)}`,
			() => `(${number(d - 1)})`,
			() => `-${pick(NUMBERS.filter((n) => n[0] !== '-'))}`,
			() => `${pick(['abs', 'int', 'floor', 'ceiling', 'sqrt', 'number', 'exp', 'sin', 'cos', 'atan'])}(${number(d - 1)})`,
			() => `round(abs(${number(d - 1)}), ${pick(['0', '1', '2', '3'])})`,
			() => `pow(${number(d - 1)}, ${pick(['2', '0.5', '-1', '3'])})`,
			() => `${pick(['count', 'sum', 'max', 'min', 'count-non-empty'])}(${pick(SETS)})`,
			() => `${pick(['max', 'min'])}(${number(d - 1)}, ${number(d - 1)})`,
			() => `string-length(${string(d - 1)})`,
			() => `count-selected(${string(d - 1)})`,
			() => `decimal-date-time(${date(d - 1)})`,
			() => `${date(d - 1)} - ${date(d - 1)}`,
			() => `if(${boolean(d - 1)}, ${number(d - 1)}, ${number(d - 1)})`,
		])();
	const string = (d) => d <= 0 || random() < 0.3 ? pick([...STRINGS, ...PATHS])
		: pick([
			() => `concat(${string(d - 1)}, ${string(d - 1)})`,
			() => `concat(${pick(SETS)}, ${string(d - 1)})`,
			() => `join(${pick(["', '", "''", "'-'"])}, ${pick(SETS)})`,
			() => `substr(${string(d - 1)}, ${pick(['0', '1', '2', '-1'])}, ${pick(['1', '3', '-1', '9'])})`,
			() => `substring-before(${string(d - 1)}, ${pick(STRINGS)})`,
			() => `substring-after(${string(d - 1)}, ${pick(STRINGS)})`,
			() => `translate(${string(d - 1)}, 'abc', 'AB')`,
			() => `normalize-space(${string(d - 1)})`,
			() => `string(${pick([...NUMBERS, `count(${pick(SETS)})`])})`,
			() => `coalesce(${string(d - 1)}, ${string(d - 1)})`,
			() => `selected-at(${string(d - 1)}, ${pick(['0', '1', '2'])})`,
			() => `if(${boolean(d - 1)}, ${string(d - 1)}, ${string(d - 1)})`,
			() => `format-date(${date(d - 1)}, '%Y-%n-%e %b')`,
			() => `digest(${string(d - 1)}, 'SHA-256')`,
			() => date(d - 1),
		])();
	const boolean = (d) => d <= 0 || random() < 0.2
		? pick(['true()', 'false()', ...PATHS])
		: pick([
			() => `${boolean(d - 1)} ${pick(['and', 'or'])} ${boolean(d - 1)}`,
			() => `not(${boolean(d - 1)})`,
			() => `${number(d - 1)} ${pick(['=', '!=', '<', '<=', '>', '>='])} ${number(d - 1)}`,
			() => `${string(d - 1)} ${pick(['=', '!='])} ${string(d - 1)}`,
			() => `${pick(SETS)} ${pick(['=', '!=', '<', '>='])} ${pick([...NUMBERS, ...STRINGS, ...SETS])}`,
			() => `${pick(['contains', 'starts-with', 'ends-with'])}(${string(d - 1)}, ${pick(STRINGS)})`,
			() => `selected(${string(d - 1)}, ${pick(STRINGS)})`,
			() => `boolean-from-string(${string(d - 1)})`,
			() => `regex(${string(d - 1)}, ${pick(["'^[a-z]+$'", "'[0-9]'", "'^.{3}'"])})`,
			() => `${date(d - 1)} ${pick(['<', '<=', '>', '>='])} ${date(d - 1)}`,
			() => `checklist(${pick(['-1', '1'])}, ${pick(['-1', '2'])}, ${boolean(d - 1)}, ${boolean(d - 1)})`,
		])();
	const date = (d) => d <= 0 || random() < 0.5
		? pick(['/data/date', '/data/later', '/data/stamp', 'today()',
			"'2012-01-01'", "date('2012-03-04')", "'2026-11-21'"])
		: pick([
			() => `date(${day()} + ${pick(['1', '30', '365'])})`,
			() => `date-time(${day()})`,
			() => `date(${day()})`,
		])();
	const day = () => pick(['/data/date', '/data/later', 'today()',
		"'2012-02-29'", "date('2012-03-04')"]);
	for (let i = 0; i < n; i++)
		yield pick([number, string, boolean])(3);
};
