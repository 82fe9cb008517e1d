/** Nothing that is put into the page can break out of where it was put. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { escaped, html, jsonText, ownText } from '../../../src/backtest/report/html-text.ts';

test.each([
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
  [`"' onclick='x`, '&quot;&#39; onclick=&#39;x'],
  ['&lt;', '&amp;lt;'],
  ['a\u0000b\u001bc\td\n', 'a\u2400b\u241bc\td\n'],
  ['\u202egnp.exe', '\ufffdgnp.exe'],
  ['\ud800x', '\ufffdx'],
  ['🙂 ü', '🙂 ü'],
])('%j is escaped', (text, expected) => {
  expect(escaped(text)).toBe(expected);
});

test('a template escapes text and attributes, joins lists, drops null, and leaves markup alone', () => {
  const cell = (text: string) => html`<td title="${text}">${text}</td>`;
  expect(html`<tr>${['<', '>'].map(cell)}${null}${3}</tr>`.text).toBe('<tr><td title="&lt;">&lt;</td><td title="&gt;">&gt;</td>3</tr>');
});

test('whatever the text, there is no tag and no quote in it, and reading it again gives it back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const safe = escaped(text);
      expect(safe).not.toMatch(/[<>"']/);
      expect(safe.replace(/&(?!(?:amp|lt|gt|quot|#39);)/g, '!')).toBe(safe);
    }),
  );
});

test('JSON in a script element can neither end it nor begin a comment, and says the same', () => {
  const value = { name: '</script><!-- \u2028 <script>', list: [1, '&amp;'] };
  const { text } = jsonText(value);
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(value);
});

test.each(['x</script>', 'x</STYLE >', '<!-- x'])('our own file with %j in it is refused', (text) => {
  expect(() => ownText(text)).toThrow(/end of its own element/);
});
