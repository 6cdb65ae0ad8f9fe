import ts from 'typescript';

export interface SourceFile {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
  /** What the file names in imports and re-exports of any kind; `undefined` for an import() of a computed name. */
  readonly imports: readonly (string | undefined)[];
  /** Identifiers that are not mere names of members, and `Math.random`-like accesses to a global's member. */
  readonly names: ReadonlySet<string>;
  readonly lines: number;
}

/** Reads a TypeScript source with the compiler's own parser, so comments and strings cannot deceive it. */
export function parseSource(path: string, text: string): SourceFile {
  const imports: (string | undefined)[] = [];
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push(ts.isStringLiteralLike(specifier) ? specifier.text : undefined);
    if (ts.isIdentifier(node) && !isMemberName(node)) names.add(node.text);
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text.startsWith('random') ? node.name.text : '');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  names.delete('');
  return {path, text, imports, names, lines: text.trimEnd().split('\n').length};
}

/** The module that a node names: static, type-only and dynamic imports, import types, re-exports. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  if (ts.isExternalModuleReference(node)) return node.expression;
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? node.arguments[0] : undefined;
}

function isMemberName(node: ts.Identifier): boolean {
  const {parent} = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  return ts.isTypeElement(parent) || (ts.isClassElement(parent) && parent.name === node);
}
