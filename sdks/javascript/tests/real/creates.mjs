// COUNT calls through a proxy that does everything wrong: so many calls, none twice, and every error typed.
import assert from "node:assert/strict";
import { APIConnectionError, APIStatusError, VaniAgent } from "../../dist/esm/index.js";
import { faultyProxy } from "./faults.mjs";

const COUNT = Number(process.env.COUNT ?? 60);
const AT_ONCE = 12;
const SEED = Number(process.env.SEED ?? 1);
const target = process.env.VANIAGENT_BASE_URL;

const direct = new VaniAgent();
const before = (await direct.calls.list({ limit: 1 })).total;
const agent = await direct.agents.create({ name: "Ada", voice: "en-US-Neural2-F" });
const proxy = await faultyProxy(target, { seed: SEED });
const client = new VaniAgent({ baseURL: proxy.baseURL, timeout: 3000, maxRetries: 12 });

const ids = [];
let next = 0;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  while (next < COUNT) {
    const n = next++;
    const call = await client.calls.create({ agentId: agent.id, toNumber: "+14155550100", metadata: { n } });
    assert.equal(call.metadata.n, n);
    ids[n] = call.id;
  }
}));
assert.equal(new Set(ids).size, COUNT);
assert.equal((await direct.calls.list({ limit: 1 })).total - before, COUNT);

// Without patience everything that goes wrong shows, as an error of a kind.
const hasty = new VaniAgent({ baseURL: proxy.baseURL, timeout: 3000, maxRetries: 0 });
const kinds = {};
for (let n = 0; n < 40; n++) {
  await hasty.voices.list().catch((error) => {
    assert.ok(error instanceof APIConnectionError || error instanceof APIStatusError, String(error));
    kinds[error.name] = (kinds[error.name] ?? 0) + 1;
  });
}
proxy.close();
console.log(JSON.stringify({ calls: COUNT, proxy: proxy.done, errors: kinds }));
process.exit(0);
