// suite.mjs XPATH_TRY: run the tests that come with openrosa-xpath-evaluator
// against Padu's engine: its document becomes a world, its evaluate() a call of
// XPATH_TRY.  Prints what fails, and how many passed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';

process.env.TZ = 'America/Phoenix'; // -07:00, as its own runner sets
const ZONE_MIN = -420;
const program = process.argv[2];
const { window } = new JSDOM('<html/>');
for (const name of ['Node', 'XPathResult', 'XPathException', 'XPathEvaluator',
	'Document', 'Element', 'Attr', 'DOMParser', 'XMLDocument'])
	globalThis[name] = window[name];
globalThis.window = window;
globalThis.document = window.document;
const { Node, XPathResult } = window;
const work = mkdtempSync(join(tmpdir(), 'padu-suite-'));

class Skipped extends Error {}

const escape = (text) => text.replace(/[\\\t\n\r]/g,
	(c) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c]);
const unescape = (text) =>
	text.replace(/\\(.)/g, (_, c) => ({ t: '\t', n: '\n', r: '\r' })[c] ?? c);

// Names are written with the prefix that the test's resolver knows.
const PREFIX = { 'http://www.w3.org/1999/xhtml': 'xhtml',
	'http://www.w3.org/1998/Math/MathML': 'mathml',
	'http://www.w3.org/XML/1998/namespace': 'xml' };
const nameOf = (node, hasResolver) => {
	const prefix = PREFIX[node.namespaceURI] ?? node.prefix;
	return prefix && (hasResolver || prefix === 'xml')
		? `${prefix}:${node.localName}` : node.localName;
};

const pathOf = (node, r) => {
	if (node.nodeType === Node.DOCUMENT_NODE)
		return '/';
	if (node.nodeType !== Node.ELEMENT_NODE)
		throw new Skipped('a context that is no element');
	let path = '';
	for (; node.nodeType === Node.ELEMENT_NODE; node = node.parentNode) {
		const same = [...node.parentNode.children].filter(
			(n) => nameOf(n, r) === nameOf(node, r));
		path = `/${nameOf(node, r)}[${same.indexOf(node) + 1}]${path}`;
	}
	return path;
};

const describeWorld = (doc, r) => {
	const lines = ['= data'];
	const walk = (element) => {
		const path = pathOf(element, r);
		const text = [...element.childNodes].filter(
			(n) => n.nodeType === 3 || n.nodeType === 4)
			.map((n) => n.data).join('');
		lines.push(`${path}\t${escape(text)}`);
		for (const attr of element.attributes)
			if (!attr.name.startsWith('xmlns'))
				lines.push(`${path}/@${attr.namespaceURI ? nameOf(attr, r) : attr.name}\t${escape(attr.value)}`);
		[...element.children].forEach(walk);
	};
	walk(doc.documentElement);
	return lines.join('\n') + '\n';
};

const evaluate = (expression, node, resolver, type) => {
	const doc = node.ownerDocument ?? node;
	const r = !!resolver;
	const file = join(work, 'world.txt');
	writeFileSync(file, describeWorld(doc, r));
	const run = spawnSync(program, [file, String(ZONE_MIN), String(Date.now())],
		{ input: `${pathOf(node, r)}\t${escape(expression)}\n`, encoding: 'utf8' });
	const line = run.stdout.split('\n')[0];
	const [string, number, boolean, kind, ...places] = line.split('\t');
	if (run.status !== 0 || string === 'error' && kind === undefined)
		throw new Error(number ?? run.stderr);
	const nodes = places.map((place) => {
		const [path, attribute] = place.split('/@');
		let at = doc;
		for (const step of path.split('/').slice(1).filter(Boolean)) {
			const [, name, n] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step);
			at = [...at.children].filter((c) => nameOf(c, r) === name)[(n ?? 1) - 1];
		}
		return attribute === undefined ? at
			: [...at.attributes].find((a) => (a.namespaceURI ? nameOf(a, r) : a.name) === attribute);
	});
	if (type >= XPathResult.UNORDERED_NODE_ITERATOR_TYPE && kind !== 'nodes')
		throw new Error('no node-set');
	let next = 0;
	return {
		resultType: type || { string: 2, number: 1, boolean: 3, moment: 2, nodes: 4 }[kind],
		stringValue: unescape(string),
		numberValue: number === 'inf' ? Infinity : number === '-inf' ? -Infinity : Number(number.replace('-nan', 'nan')),
		booleanValue: boolean === 'true',
		snapshotLength: nodes.length,
		snapshotItem: (i) => nodes[i] ?? null,
		singleNodeValue: nodes[0] ?? null,
		iterateNext: () => nodes[next++] ?? null,
	};
};

// ---- as much of chai, lodash and mocha as the tests use
const same = (a, b) => Object.is(a, b) || a == b; // eslint-disable-line eqeqeq
const fail = (text) => {
	throw new Error(text);
};
const show = (v) => v instanceof Node ? `<${v.nodeName}>` : JSON.stringify(v);
const assert = Object.assign((v, m) => v || fail(m ?? 'not true'), {
	equal: (a, b) => same(a, b) || fail(`${show(a)}, expected ${show(b)}`),
	strictEqual: (a, b) => a === b || fail(`${show(a)}, expected ${show(b)}`),
	notEqual: (a, b) => !same(a, b) || fail(`${show(a)}`),
	deepEqual: (a, b) => JSON.stringify(a) === JSON.stringify(b) || fail(`${show(a)}, expected ${show(b)}`),
	isTrue: (v) => v === true || fail(`${show(v)}, expected true`),
	isFalse: (v) => v === false || fail(`${show(v)}, expected false`),
	isNaN: (v) => Number.isNaN(v) || fail(`${show(v)}, expected NaN`),
	ok: (v) => v || fail(`${show(v)}, expected something true`),
	notOk: (v) => !v || fail(`${show(v)}, expected something false`),
	match: (v, re) => re.test(v) || fail(`${show(v)}, expected ${re}`),
	throw: (f) => {
		try {
			f();
		} catch (error) {
			if (error instanceof Skipped)
				throw error;
			return;
		}
		fail('expected an error');
	},
	instanceOf: () => {},
	typeOf: (v, t) => typeof v === t || fail(typeof v),
	isNull: (v) => v === null || fail(show(v)),
	isAtLeast: (a, b) => a >= b || fail(`${a} < ${b}`),
	isBelow: (a, b) => a < b || fail(`${a} >= ${b}`),
});
assert.isOk = assert.ok;
assert.throws = assert.throw;
assert.include = (a, b) => a.includes(b) || fail(show(a));
assert.isAbove = (a, b) => a > b || fail(`${a} <= ${b}`);
assert.lengthOf = (a, n) => a.length === n || fail(`${a.length}`);
const lodash = { forEach: (all, f) => Array.isArray(all) ? all.forEach(f)
	: Object.entries(all).forEach(([k, v]) => f(v, k)),
	each: (...args) => lodash.forEach(...args), range: (n) => [...Array(n).keys()] };

const load = Module._load;
Module._load = (name, ...rest) => {
	if (name === 'chai')
		return { assert, expect: () => fail('expect is not here') };
	if (name === 'lodash')
		return lodash;
	if (/src\/openrosa-xpath$/.test(name))
		return () => ({ evaluate, customXPathFunction: { add() {}, remove() {}, all: {} } });
	return load(name, ...rest);
};

const stack = [{ name: '', before: [], each: [], tests: [] }];
const top = () => stack[stack.length - 1];
globalThis.describe = (name, f) => {
	stack.push({ name, before: [], each: [], tests: [] });
	f();
	const suite = stack.pop();
	top().tests.push({ suite });
};
globalThis.it = (name, f) => top().tests.push({ name, f });
globalThis.it.skip = globalThis.xit = globalThis.describe.skip = () => {};
globalThis.context = globalThis.describe;
globalThis.before = (f) => top().before.push(f);
globalThis.beforeEach = (f) => top().each.push(f);
globalThis.after = globalThis.afterEach = () => {};
const counts = { passed: 0, failed: 0, skipped: 0 };

const run = (suite, each, path) => {
	suite.before.forEach((f) => f());
	const all = [...each, ...suite.each];
	for (const test of suite.tests) {
		if (test.suite) {
			run(test.suite, all, [...path, test.suite.name]);
			continue;
		}
		try {
			all.forEach((f) => f());
			test.f?.();
			counts.passed++;
		} catch (error) {
			if (error instanceof Skipped || /is not a function|not here/.test(error.message)) {
				counts.skipped++;
				continue;
			}
			counts.failed++;
			console.log(`${[...path, test.name].join(' > ')}: ${error.message}`.slice(0, 300).replace(/\n/g, ' '));
		}
	}
};

const require = createRequire(import.meta.url);
const folder = join(require.resolve('openrosa-xpath-evaluator'), '../../test/integration');
for (const part of ['.', 'native', 'openrosa-xpath'])
	for (const file of readdirSync(join(folder, part)))
		if (file.endsWith('.spec.js') && file !== 'custom.spec.js')
			describe(file, () => require(join(folder, part, file)));
run(stack[0], [], []);
console.log(`figure form suite: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
