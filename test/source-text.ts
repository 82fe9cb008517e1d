/** Source text for rules that read code: the files of the tree, their code without comments and strings, what they import. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface SourceFile {
  /** From the folder of package.json, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with the insides of comments, strings and regular expressions blanked; lines and columns stay. */
  readonly code: string;
}

const LEFT_OUT = /^(?:\.git|node_modules|dist|\.dist-.*|\.hedgerow|coverage|\.t)$/;
const IS_TEXT = /(?:^|\/)(?:[^./]+|\.[^/]+|[^/]+\.(?:ts|mjs|js|css|json|yaml|yml|md|sql|txt|sh|csv|mermaid))$/;

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, code: /\.(?:ts|mjs|js)$/.test(path) ? blankedCode(text) : text };
}

/** All text files below `root` that belong to the project. */
export function projectFiles(root: string, folder = ''): SourceFile[] {
  return readdirSync(posix.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (LEFT_OUT.test(entry.name)) return [];
    if (entry.isDirectory()) return projectFiles(root, path);
    return entry.isFile() && IS_TEXT.test(path) ? [sourceFile(path, readFileSync(posix.join(root, path), 'utf8'))] : [];
  });
}

const IMPORT = /\b(?:import|export)\b[^'"`;()]*?\bfrom\s*(['"])(?<from>[^'"]+)\1|\bimport\s*(['"])(?<bare>[^'"]+)\3|\bimport\(\s*(['"])(?<lazy>[^'"]+)\5|\bnew URL\(\s*(['"])(?<url>\.[^'"]+\.(?:ts|mjs))\7/g;

/** What a file imports: paths inside the project resolved, names of packages as they are. */
export function importsOf({ path, text }: SourceFile): string[] {
  const found = [...text.matchAll(IMPORT)].map(({ groups }) => groups?.['from'] ?? groups?.['bare'] ?? groups?.['lazy'] ?? groups?.['url'] ?? '');
  return found.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name));
}

/** Calls `see` with each line of blanked code, its raw text and its number. */
export function eachLine({ code, text }: SourceFile, see: (code: string, raw: string, line: number) => void): void {
  const raw = text.split('\n');
  for (const [i, line] of code.split('\n').entries()) see(line, raw[i] ?? '', i + 1);
}

/** Ends of comments and strings by how they start; the first that matches at a position wins. */
const SKIPPED: readonly RegExp[] = [/\/\/[^\n]*/y, /\/\*[\s\S]*?\*\//y, /'(?:[^'\\\n]|\\[\s\S])*'/y, /"(?:[^"\\\n]|\\[\s\S])*"/y];
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** A slash after one of these starts a regular expression, after anything else it divides. */
const BEFORE_REGEXP = /(?:^|[=(,:;[!&|?{}>+]|\breturn|\bcase)\s*$/;

function blankedCode(text: string): string {
  let code = '';
  let at = 0;
  /** Depth of braces inside each open `${`. */
  const templates: number[] = [];
  const take = (end: number): void => {
    code += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  const takeTemplate = (): void => {
    const end = templateStop(text, at);
    take(end);
    if (text.startsWith('${', at - 2)) templates.push(0);
  };
  while (at < text.length) {
    const char = text[at] as string;
    const end = skippedEnd(text, at, code);
    const depth = templates.at(-1);
    if (end !== null) take(end);
    else if (char === '`') {
      take(at + 1);
      takeTemplate();
    } else if (char === '}' && depth === 0) {
      templates.pop();
      take(at + 1);
      takeTemplate();
    } else {
      if (depth !== undefined && (char === '{' || char === '}')) templates[templates.length - 1] = depth + (char === '{' ? 1 : -1);
      code += char;
      at += 1;
    }
  }
  return code;
}

function skippedEnd(text: string, at: number, codeBefore: string): number | null {
  const patterns = text[at] === '/' && BEFORE_REGEXP.test(codeBefore.slice(-40)) ? [...SKIPPED, REGEXP] : SKIPPED;
  for (const pattern of patterns) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  return null;
}

/** Just after the end of the template's text that starts at `from`: its closing backtick or the `${` that interrupts it. */
function templateStop(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2;
  }
  return text.length;
}
