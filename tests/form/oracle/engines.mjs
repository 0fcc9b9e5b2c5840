// Two engines over one document, made from world.txt, on a clock that stands
// still.  Each gives { string, number, boolean }, or { error }.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

const NOW_MS = 1795318215250; // as in world.c
const ZONE = 'Asia/Jakarta'; // +07:00 since 1964
process.env.TZ = ZONE;

const { window } = new JSDOM('<html/>');
for (const name of ['Node', 'XPathResult', 'XPathException', 'XPathEvaluator',
	'Document', 'Element', 'Attr', 'Text', 'Comment', 'CDATASection',
	'ProcessingInstruction', 'DocumentType', 'XMLDocument'])
	globalThis[name] = window[name];
globalThis.window = window;
globalThis.document = window.document;
globalThis.__dirname = '.'; // its parser takes Node for CommonJS
window.enketoFormLocale = 'en';

const RealDate = Date;
globalThis.Date = class extends RealDate {
	constructor(...args) {
		super(...(args.length === 0 ? [NOW_MS] : args));
	}
	static now() {
		return NOW_MS;
	}
};

const NAMESPACES = {
	orx: 'http://openrosa.org/xforms',
	jr: 'http://openrosa.org/javarosa',
	xml: 'http://www.w3.org/XML/1998/namespace',
};
export const resolver = (prefix) => NAMESPACES[prefix] ?? null;

const unescape = (text) =>
	text.replace(/\\(.)/g, (_, c) => ({ t: '\t', n: '\n', r: '\r' })[c] ?? c);

// The child NAME[position], made where it is not there.
const child = (doc, parent, step) => {
	const [, name, at] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step);
	for (;;) {
		const all = [...parent.childNodes].filter((n) => n.nodeName === name);
		if (all.length >= (at ?? 1))
			return all[(at ?? 1) - 1];
		const [prefix] = name.includes(':') ? name.split(':') : [null];
		parent.appendChild(prefix === null ? doc.createElementNS(null, name)
			: doc.createElementNS(NAMESPACES[prefix], name));
	}
};

const place = (doc, root, path) =>
	path.split('/').slice(1).filter(Boolean)
		.reduce((node, step) => child(doc, node, step), root);

const setAttribute = (node, name, value) => {
	if (name.includes(':'))
		node.setAttributeNS(NAMESPACES[name.split(':')[0]], name, value);
	else
		node.setAttribute(name, value);
};

// Every instance a document of its own; what is not relevant is left out.
const readWorld = (file) => {
	const instances = new Map();
	let doc = null;
	for (const line of readFileSync(file, 'utf8').split('\n')) {
		if (line === '' || line[0] === '#')
			continue;
		if (line.startsWith('= ')) {
			doc = new window.DOMParser().parseFromString('<x/>', 'text/xml');
			doc.removeChild(doc.documentElement);
			instances.set(line.slice(2), doc);
		} else if (line.startsWith('! irrelevant ')) {
			place(doc, doc, line.slice(13)).remove();
		} else if (line[0] !== '!') {
			const [path, value = ''] = line.split('\t');
			const [element, attribute] = path.split('/@');
			const node = place(doc, doc, element);
			if (attribute !== undefined)
				setAttribute(node, attribute, unescape(value));
			else if (value !== '')
				node.appendChild(doc.createTextNode(unescape(value)));
		}
	}
	return instances;
};

const caught = (run) => {
	try {
		return run();
	} catch (error) {
		return { error: String(error.message ?? error).split('\n')[0] };
	}
};

const orxe = (instances) => {
	const require = createRequire(import.meta.url);
	const evaluator = require('openrosa-xpath-evaluator')();
	const [[, doc]] = instances;
	const { STRING_TYPE, NUMBER_TYPE, BOOLEAN_TYPE } = window.XPathResult;
	const get = (expression, node, type) =>
		evaluator.evaluate(expression, node, resolver, type);
	return {
		name: 'openrosa-xpath-evaluator',
		// Not in it; and what it, over jsdom, ends with an error for: steps
		// behind a predicate, a union, digest() of a node, lang().
		contains: (expression) => !/instance\(|pulldata|indexed-repeat|jr:|current\(|randomize|property|version\(|base64|extract|geofence|intersects|enclosed|is-selected|\bid\(/.test(expression) &&
			!/\]\s*\/|\|| \/ |digest\((?!')|lang\(|orx:\*|following(-sibling)?::|processing-instruction|(concat|join)\(.*dates\/t/.test(expression),
		run: (path, expression) => caught(() => {
			const node = place(doc, doc, path);
			return {
				string: get(expression, node, STRING_TYPE).stringValue,
				number: get(expression, node, NUMBER_TYPE).numberValue,
				boolean: get(expression, node, BOOLEAN_TYPE).booleanValue,
			};
		}),
	};
};

const webForms = async (instances) => {
	const { XFormsXPathEvaluator, DEFAULT_DOM_ADAPTER } =
		await import('@getodk/xpath');
	const [[, doc], ...others] = instances;
	const evaluator = new XFormsXPathEvaluator({
		domAdapter: DEFAULT_DOM_ADAPTER,
		rootNode: doc,
		timeZoneId: ZONE,
		itextTranslationsByLanguage: new Map(),
		secondaryInstancesById: new Map(others),
	});
	return {
		name: '@getodk/xpath',
		contains: (expression) => !/jr:|property|version\(|extract|intersects|enclosed|is-selected/.test(expression),
		run: (path, expression) => caught(() => {
			const contextNode = place(doc, doc, path);
			return {
				string: evaluator.evaluateString(expression, { contextNode }),
				number: evaluator.evaluateNumber(expression, { contextNode }),
				boolean: evaluator.evaluateBoolean(expression, { contextNode }),
			};
		}),
	};
};

export const engines = async (world) => [
	orxe(readWorld(world)),
	await webForms(readWorld(world)),
];
