// oracle.mjs XPATH_TRY FOLDER N [SEED]: compare Padu's engine with two others,
// on the rows of the tables and on N generated expressions.  What differs for
// a reason in differences.json is counted by reason; anything else is printed
// and makes the exit status 1.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { engines } from './engines.mjs';
import { generate } from './generate.mjs';

const [program, folder, count, seed = '1'] = process.argv.slice(2);
const world = `${folder}/world.txt`;
const escape = (text) => text.replace(/[\\\t\n\r]/g,
	(c) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c]);
const unescape = (text) =>
	text.replace(/\\(.)/g, (_, c) => ({ t: '\t', n: '\n', r: '\r' })[c] ?? c);

const tableRows = () => readdirSync(folder).filter((f) => f.endsWith('.tsv'))
	.flatMap((file) => {
		const rows = [];
		for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
			if (line.startsWith('!'))
				break; // another clock or language
			const [path, expression, kind] = line.split('\t');
			if (kind !== undefined && kind !== 'refused' && kind !== 'fails' &&
				path.startsWith('/'))
				rows.push([path, unescape(expression)]);
		}
		return rows;
	});

const ours = (rows) => {
	const input = rows.map(([p, e]) => `${p}\t${escape(e)}\n`).join('');
	const run = spawnSync(program, [world],
		{ input, maxBuffer: 1 << 28, encoding: 'utf8' });
	if (run.status !== 0)
		throw new Error(run.stderr || `status ${run.status}`);
	return run.stdout.split('\n').slice(0, -1).map((line) => {
		const [string, number, boolean] = line.split('\t');
		if (string === 'error' && boolean === undefined)
			return { error: number };
		return { string: unescape(string), boolean: boolean === 'true',
			number: number === 'inf' ? Infinity : number === '-inf' ? -Infinity
				: Number(number.replace('-nan', 'nan')) };
	});
};

const sameNumber = (a, b) => Object.is(a, b) || a === b ||
	(Number.isNaN(a) && Number.isNaN(b)) ||
	Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
// A number in a text may differ in its last digits.
const sameString = (a, b) => a === b ||
	(a !== '' && b !== '' && sameNumber(Number(a), Number(b)) &&
		!Number.isNaN(Number(a)));
const same = (a, b) => (a.error !== undefined) === (b.error !== undefined) &&
	(a.error !== undefined || (sameString(a.string, b.string) &&
		sameNumber(a.number, b.number) && a.boolean === b.boolean));
const show = (r) => r.error !== undefined ? `error: ${r.error}`
	: `${JSON.stringify(r.string)} ${r.number} ${r.boolean}`;

const reasons = JSON.parse(readFileSync(
	new URL('differences.json', import.meta.url), 'utf8')).reasons
	.map((r) => ({ ...r, test: new RegExp(r.expression),
		left: r.ours && new RegExp(r.ours), right: r.theirs && new RegExp(r.theirs) }));
const reasonFor = (engine, path, expression, a, b) => reasons.find((r) =>
	(r.engine === engine || r.engine === 'both') && r.test.test(expression) &&
	(!r.at || path.startsWith(r.at)) && (!r.left || r.left.test(show(a))) && (!r.right || r.right.test(show(b))));

const rows = [...tableRows(),
	...[...generate(Number(seed), Number(count))].map((e) => ['/data/age', e])];
const results = ours(rows);
const tally = new Map();
const add = (key) => tally.set(key, (tally.get(key) ?? 0) + 1);
let unexplained = 0;
for (const engine of await engines(world)) {
	rows.forEach(([path, expression], i) => {
		if (!engine.contains(expression))
			return;
		const theirs = engine.run(path, expression);
		if (same(results[i], theirs)) {
			add(`${engine.name}: the same`);
			return;
		}
		const reason = reasonFor(engine.name, path, expression, results[i],
			theirs);
		add(`${engine.name}: ${reason?.id ?? 'NO REASON'}`);
		if (reason === undefined && ++unexplained <= 60)
			console.log(`${engine.name}: ${expression}  (at ${path})\n` +
				`\tours   ${show(results[i])}\n\ttheirs ${show(theirs)}`);
	});
}
for (const [key, n] of [...tally].sort())
	console.log(`figure form oracle: ${key}: ${n}`);
process.exitCode = unexplained > 0 ? 1 : 0;
