// A page to talk with an agent. The key stays here: this server begins the talk and passes its sound on.
//
//     npm install @vaniagent/sdk ws
//     VANIAGENT_API_KEY=… AGENT_ID=agent_… node server.mjs
import { createReadStream } from "node:fs";
import http from "node:http";
import { VaniAgent } from "@vaniagent/sdk";
import { WebSocket, WebSocketServer } from "ws";

const client = new VaniAgent();
const agentId = process.env.AGENT_ID;
if (!agentId) {
  throw new Error("AGENT_ID is the agent to talk with");
}
const FILES = new Map([
  ["/", ["page.html", "text/html; charset=utf-8"]],
  ["/talk.js", ["talk.js", "text/javascript"]],
  ["/sound.js", ["sound.js", "text/javascript"]],
]);

const server = http.createServer((request, response) => {
  const [name, type] = FILES.get(request.url ?? "") ?? [];
  if (!name) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "Content-Type": type });
  createReadStream(new URL(name, import.meta.url)).pipe(response);
});

new WebSocketServer({ server, path: "/talk", maxPayload: 4096 }).on("connection", async (page) => {
  /** @type {[import("ws").RawData, boolean][]} */
  const early = [];
  page.on("message", (data, isBinary) => early.push([data, isBinary]));
  page.on("error", () => page.terminate());
  try {
    const talk = await client.agents.talk(agentId, { metadata: { from: "my page" } });
    console.log(talk.callId);
    const line = new WebSocket(talk.mediaUrl);
    line.on("open", () => {
      early.forEach(([data, binary]) => line.send(data, { binary }));
      page.removeAllListeners("message");
      join(page, line);
    });
    join(line, page);
    line.on("error", () => page.close(1011));
    page.on("close", () => line.close());
    // It may have gone while the talk was being begun.
    if (page.readyState !== WebSocket.OPEN) line.close();
    line.on("close", () => page.close());
  } catch (error) {
    console.error(error);
    page.close(1011);
  }
});

/**
 * What one end says, the other hears.
 * @param {WebSocket} from
 * @param {WebSocket} to
 */
function join(from, to) {
  from.on("message", (data, binary) => to.readyState === WebSocket.OPEN && to.send(data, { binary }));
}

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}/`);
});
