// The package in an edge worker: nothing of Node is there.
import { EdgeVM } from "@edge-runtime/vm";
import { bundled } from "../../scripts/bundle.mjs";

const vm = new EdgeVM();
const place = JSON.stringify({ apiKey: process.env.VANIAGENT_API_KEY, baseURL: process.env.VANIAGENT_BASE_URL });
const program = `
  (async () => {
    const client = new sdk.VaniAgent(${place});
    const agent = await client.agents.create({ name: "Ada", voice: "en-US-Neural2-F" });
    const signed = await sdk.webhooks.verify("{}", { "x-vaniagent-signature": "00" }, "s").catch((error) => error.name);
    return JSON.stringify([typeof process, agent.name, signed]);
  })()`;
console.log(await vm.evaluate(`${bundled({ format: "iife", globalName: "sdk" })}; ${program}`));
