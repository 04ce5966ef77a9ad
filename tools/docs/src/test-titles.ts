import ts from 'typescript';

/** A test, or a group of tests, with the titles of the groups around it. */
export interface TestTitle {
  readonly file: string;
  /** Its own title. */
  readonly own: string;
  /** As Jest prints it: the groups' titles, then its own. */
  readonly full: string;
}

/** Every titled block of a spec: a call whose first argument is a text and another one a function. */
export function testTitles(file: string, source: string): readonly TestTitle[] {
  const found: TestTitle[] = [];
  const visit = (node: ts.Node, around: readonly string[]): void => {
    const own = ts.isCallExpression(node) ? titleOf(node) : undefined;
    const inside = own === undefined ? around : [...around, own];
    if (own !== undefined) found.push({ file, own, full: inside.join(' ') });
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest), []);
  return found;
}

function titleOf({ arguments: [first, ...others] }: ts.CallExpression): string | undefined {
  const hasBody = others.some(
    (argument) => ts.isArrowFunction(argument) || ts.isFunctionExpression(argument),
  );
  if (!first || !hasBody) return undefined;
  if (ts.isStringLiteralLike(first)) return first.text;
  if (!ts.isTemplateExpression(first)) return undefined;
  return [first.head.text, ...first.templateSpans.map(({ literal }) => literal.text)].join('…');
}
