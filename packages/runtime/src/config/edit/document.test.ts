import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';

import { addEntry, removeEntry, replaceText, setKey } from './document.ts';

const INLINE = `# ours
[server] # the proxy
port = 9000

[[groups]]
name = "main"   # the first
auth_token_env = "A"
endpoints = [
  { url = "https://a.net", name = "A" }, # near
  # not so near
  { url = "https://b.net", name = "B" },
]

[[groups]]
name = "other"
auth_token_env = "B"
endpoints = [{ url = "https://c.net", name = "C" }, { url = "https://d.net", name = "D" }]
[groups.health_check]
interval_seconds = 30
`;
const TABLES = `[[groups]]
name = "main"
auth_token_env = "A"
[[groups.endpoints]]
url = "https://a.net"
name = "A"

# the second
[[groups.endpoints]]
url = "https://b.net"
name = "B" # last

[[clients]]
name = "ann"
key_sha256 = "1"

# bob is in the other office
[[clients]]
name = "bob"
key_sha256 = "2"
`;
const NEW = { url: 'https://n.net', name: '新 "x" \\ 🚀' };
const WRITTEN = '{ url = "https://n.net", name = "新 \\"x\\" \\\\ 🚀" }';
const OF_MAIN = ['groups', 0, 'endpoints'];
const OF_OTHER = ['groups', 1, 'endpoints'];

const crlf = (text: string) => text.replaceAll('\n', '\r\n');

describe('addEntry', () => {
  it('writes a new line below the last, and changes nothing else', () => {
    const last = '  { url = "https://b.net", name = "B" },\n';
    expect(addEntry(INLINE, OF_MAIN, NEW)).toBe(INLINE.replace(last, `${last}  ${WRITTEN},\n`));
  });

  it('adds a missing comma before a comment', () => {
    const text = 'list = [\n  { a = "1" } # one\n]\n';
    expect(addEntry(text, ['list'], { a: '2' })).toBe(
      'list = [\n  { a = "1" }, # one\n  { a = "2" },\n]\n',
    );
  });

  it('continues on the same line as the other entries', () => {
    const last = '{ url = "https://d.net", name = "D" }';
    expect(addEntry(INLINE, OF_OTHER, NEW)).toBe(INLINE.replace(last, `${last}, ${WRITTEN}`));
  });

  it('writes a table below the last of its group, or at the end', () => {
    const entry = { url: 'https://n.net', name: 'N' };
    expect(addEntry(TABLES, OF_MAIN, entry)).toBe(
      TABLES.replace(
        'name = "B" # last\n\n',
        'name = "B" # last\n\n[[groups.endpoints]]\nurl = "https://n.net"\nname = "N"\n\n',
      ),
    );
    expect(addEntry(TABLES, ['clients'], { name: 'eve' })).toBe(
      `${TABLES}\n[[clients]]\nname = "eve"\n`,
    );
    expect(addEntry('', ['clients'], { name: 'eve' })).toBe('[[clients]]\nname = "eve"\n');
  });

  it('fills an empty list', () => {
    expect(addEntry('clients = [] # none\n', ['clients'], { name: 'a' })).toBe(
      'clients = [{ name = "a" }] # none\n',
    );
  });
});

describe('removeEntry', () => {
  it('removes the line with its comment, and nothing else', () => {
    expect(removeEntry(INLINE, OF_MAIN, 0)).toBe(
      INLINE.replace('  { url = "https://a.net", name = "A" }, # near\n', ''),
    );
    expect(removeEntry(INLINE, OF_OTHER, 1)).toBe(
      INLINE.replace(', { url = "https://d.net", name = "D" }', ''),
    );
    expect(removeEntry(INLINE, OF_OTHER, 0)).toBe(
      INLINE.replace('{ url = "https://c.net", name = "C" }, ', ''),
    );
  });

  it('removes a table with its subtables', () => {
    expect(removeEntry(TABLES, ['clients'], 0)).toBe(
      TABLES.replace('[[clients]]\nname = "ann"\nkey_sha256 = "1"\n\n', ''),
    );
    const rest = removeEntry(INLINE, ['groups'], 1) ?? '';
    expect(INLINE.startsWith(rest)).toBe(true);
    expect(rest).not.toContain('health_check');
  });
});

describe('replaceText', () => {
  it('changes one value', () => {
    expect(replaceText(TABLES, ['clients', 1, 'key_sha256'], '3')).toBe(
      TABLES.replace('key_sha256 = "2"', 'key_sha256 = "3"'),
    );
    expect(replaceText(TABLES, ['clients', 7, 'key_sha256'], '3')).toBeUndefined();
  });
});

describe('setKey', () => {
  it('adds a key to an entry in braces, and to a table below its last one', () => {
    const a = '{ url = "https://a.net", name = "A" }, # near';
    expect(setKey(INLINE, [...OF_MAIN, 0], 'auth', 'both')).toBe(
      INLINE.replace(a, '{ url = "https://a.net", name = "A", auth = "both" }, # near'),
    );
    const b = 'name = "B" # last\n';
    const windows = `\uFEFF${crlf(TABLES)}`;
    for (const [text, eol] of [
      [TABLES, '\n'],
      [windows, '\r\n'],
    ] as const) {
      const last = b.replace('\n', eol);
      expect(setKey(text, [...OF_MAIN, 1], 'auth', 'both')).toBe(
        text.replace(last, `${last}auth = "both"${eol}`),
      );
    }
    expect(setKey('[a]\nb = 1', ['a'], 'c', 'x')).toBe('[a]\nb = 1\nc = "x"\n');
  });

  it('changes an existing key', () => {
    const before = 'e = [{ auth = "both", name = "A" }]\n';
    expect(setKey(before, ['e', 0], 'auth', 'bearer')).toBe(before.replace('both', 'bearer'));
  });

  it('refuses a missing entry', () => {
    expect(setKey(INLINE, [...OF_MAIN, 7], 'auth', 'both')).toBeUndefined();
  });
});

describe('every edit', () => {
  const texts = [INLINE, TABLES];

  it.each(texts)('keeps a byte order mark and the line ends of Windows', (text) => {
    const windows = `\uFEFF${crlf(text)}`;
    const added = addEntry(windows, OF_MAIN, NEW);
    expect(added).toBe(`\uFEFF${crlf(addEntry(text, OF_MAIN, NEW) ?? '')}`);
    const removed = removeEntry(windows, OF_MAIN, 1);
    expect(removed).toBe(`\uFEFF${crlf(removeEntry(text, OF_MAIN, 1) ?? '')}`);
  });

  it('means exactly what was requested, whatever the strings', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), name, (text, value) => {
        const entry = { url: 'https://n.net', name: value };
        const added = addEntry(text, OF_MAIN, entry);
        if (added === undefined) throw new Error('refused');
        const { groups } = parse(added) as { groups: { endpoints: unknown[] }[] };
        expect(groups[0]?.endpoints.at(-1)).toEqual(entry);
        expect(parse(removeEntry(added, OF_MAIN, 2) ?? '')).toEqual(parse(text));
      }),
    );
  });
});
