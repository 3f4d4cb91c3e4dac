// The feed of CALL_ID, cut at CUTS places: no event lost, none twice. Says "cut" when that is done, and the call may end.
import assert from "node:assert/strict";
import { VaniAgent } from "../../dist/esm/index.js";
import { cuttingProxy } from "./faults.mjs";

const CUTS = Number(process.env.CUTS ?? 15);
const proxy = await cuttingProxy(process.env.VANIAGENT_BASE_URL, {
  seed: Number(process.env.SEED ?? 1),
  cuts: CUTS,
  onLast: () => console.log("cut"),
});
const client = new VaniAgent({ baseURL: proxy.baseURL });

const seqs = [];
const texts = [];
for await (const event of client.calls.stream(process.env.CALL_ID, { maxReconnects: 100 })) {
  seqs.push(event.seq);
  if (event.type === "transcript.update") {
    texts.push(event.text);
  }
}
proxy.close();
assert.equal(proxy.made.cuts, CUTS);
assert.deepEqual(seqs, Array.from(seqs, (_, n) => n + 1));
console.log(JSON.stringify({ cuts: proxy.made.cuts, events: seqs.length, texts }));
process.exit(0);
