// dist/esm and dist/cjs: the same sources, once as ES modules and once as CommonJS, each with its types.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(join(here, "dist"), { recursive: true, force: true });
compile();
compile("--module", "CommonJS", "--moduleResolution", "Node10", "--outDir", "dist/cjs");
writeFileSync(join(here, "dist/cjs/package.json"), '{ "type": "commonjs" }\n');

function compile(...options) {
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", ...options], { cwd: here, stdio: "inherit" });
}
