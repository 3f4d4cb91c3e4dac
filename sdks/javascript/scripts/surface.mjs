// What of the API this package has, read from its sources, as the wire names it:
// {"operations": ["POST /v1/agents", …], "fields": {"Agent": ["id", …]}, "errors": ["invalid_request", …],
//  "methods": {"agents": ["create", …]}}, the methods as programs call them
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const sources = join(dirname(dirname(fileURLToPath(import.meta.url))), "src");
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const filesIn = (...folder) => readdirSync(join(sources, ...folder)).map((name) => join(sources, ...folder, name));

/** Each request of a resource: `this.api.request("POST", …)`, or a list or a text by its address alone. */
function operations() {
  const found = new Set();
  for (const file of filesIn("resources")) {
    const text = readFileSync(file, "utf8");
    for (const [, method, path] of text.matchAll(/this\.api\.(?:request\(\s*"([A-Z]+)",|page\(|text\()\s*["`]([^"`]+)["`]/g)) {
      found.add(`${method ?? "GET"} /v1${path.replace(/\$\{[^}]*\}/g, "{id}")}`);
    }
  }
  return [...found].sort();
}

/** Each interface of the models, under the name of its schema, with what it inherits. */
function fields() {
  const program = ts.createProgram(filesIn("models"), { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext });
  const checker = program.getTypeChecker();
  const found = {};
  for (const file of program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(sources, "models")))) {
    file.forEachChild((node) => {
      const isObject = ts.isInterfaceDeclaration(node) || (ts.isTypeAliasDeclaration(node) && checker.getTypeAtLocation(node).flags & ts.TypeFlags.Object);
      if (isObject) {
        const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "schema");
        const names = checker.getTypeAtLocation(node).getProperties().map((property) => snake(property.name));
        if (names.length) {
          found[tag?.comment ?? node.name.text] = names.sort();
        }
      }
    });
  }
  return found;
}

/** The members of the type ErrorCode. */
function errors() {
  const text = readFileSync(join(sources, "errors.ts"), "utf8");
  const [, union] = text.match(/export type ErrorCode =([^;]+);/);
  return [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code).sort();
}

/** What can be called on each property of the client. */
function methods() {
  const client = readFileSync(join(sources, "client.ts"), "utf8");
  const classes = {};
  for (const file of [...filesIn("resources"), join(sources, "webhooks.ts")]) {
    ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022).forEachChild((node) => {
      const [name, members] = ts.isClassDeclaration(node) ? [node.name.text, node.members] : objectIn(node);
      classes[name] = (members ?? []).filter((member) => ts.isMethodDeclaration(member) && ts.isIdentifier(member.name)).map(({ name }) => name.text);
    });
  }
  const properties = [...client.matchAll(/^ {2}readonly (\w+)(?::| =) (\w+);/gm)];
  return Object.fromEntries(properties.filter(([, , kind]) => classes[kind]).map(([, name, kind]) => [name, classes[kind]]));
}

/** The name and the members of `const name = { … }`. */
function objectIn(node) {
  const declared = ts.isVariableStatement(node) ? node.declarationList.declarations[0] : undefined;
  const value = declared?.initializer;
  return value && ts.isObjectLiteralExpression(value) ? [declared.name.text, value.properties] : [];
}

console.log(JSON.stringify({ operations: operations(), fields: fields(), errors: errors(), methods: methods() }, null, 1));
