import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(dirname(fileURLToPath(import.meta.url)));

/** All of the package in one piece, as who bundles it has it. */
export function bundled(options = {}) {
  const entry = join(here, "dist/esm/index.js");
  return buildSync({ entryPoints: [entry], bundle: true, minify: true, format: "esm", platform: "neutral", write: false, ...options }).outputFiles[0].text;
}

// As a script, it is for a page: `sdk.VaniAgent`.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(bundled({ format: "iife", globalName: "sdk" }));
}
