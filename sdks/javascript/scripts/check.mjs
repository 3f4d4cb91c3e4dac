// Is what is built fit to be published: publint, arethetypeswrong, and at most 15 KB gzipped for whoever bundles all of it.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { bundled } from "./bundle.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_BYTES = 15 * 1024;

const tool = (name, ...options) => execFileSync(join(here, "node_modules/.bin", name), options, { cwd: here, stdio: "inherit" });
tool("publint", "run", ".", "--strict", "--pack", "npm");
tool("attw", "--pack", ".");

const size = gzipSync(bundled(), { level: 9 }).length;
console.log(`bundle: ${size} bytes gzipped`);
if (size > MOST_BYTES) {
  process.exitCode = 1;
}
