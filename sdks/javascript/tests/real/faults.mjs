// A proxy that does everything wrong, on HTTP and on sockets.
import http from "node:http";
import net from "node:net";

/** So that a run can be repeated. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const refusal = (status, code, type, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(JSON.stringify({ error: { code, message: "No.", param: null, type } })),
});
const FAILED = refusal(500, "internal_error", "api_error");
const LIMITED = refusal(429, "rate_limit_exceeded", "rate_limit_error", { "retry-after": "0" });

/** Each gets what asks the server, and the client's socket; gives what to answer, if anything. */
const FAULTS = {
  drop: (_, socket) => void socket.destroy(),
  "drop the answer": async (forward, socket) => void (await forward(), socket.destroy()),
  late: async (forward) => {
    const answer = await forward();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    return answer;
  },
  twice: async (forward) => (await Promise.all([forward(), forward()])).find(({ status }) => status !== 409),
  "two at once": async (forward) => (await Promise.all([forward(), forward()]))[1],
  "answer twice": async (forward) => ({ ...(await forward()), isDoubled: true }),
  half: async (forward) => ({ ...(await forward()), isHalf: true }),
  fail: () => FAILED,
  "fail when done": async (forward) => void (await forward()) || FAILED,
  limit: () => LIMITED,
};

/** An HTTP server in front of `target`, which fails about half of all requests. Counts what it did. */
export async function faultyProxy(target, { seed, rate = 0.5 }) {
  const random = seeded(seed);
  const done = { well: 0 };
  const names = Object.keys(FAULTS);
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    try {
      for await (const piece of request) {
        pieces.push(piece);
      }
      const forward = () => ask(target, request, Buffer.concat(pieces));
      const name = random() < rate ? names[Math.floor(random() * names.length)] : "well";
      done[name] = (done[name] ?? 0) + 1;
      const answer = await (name === "well" ? forward() : FAULTS[name](forward, request.socket));
      if (answer) {
        give(answer, request, response);
      }
    } catch {
      request.socket.destroy();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseURL: `http://127.0.0.1:${server.address().port}/v1`, done, close: () => (server.closeAllConnections(), server.close()) };
}

function give({ status, headers, body, isHalf, isDoubled }, request, response) {
  if (isDoubled) {
    const lines = [`HTTP/1.1 ${status} OK`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `content-length: ${body.length}`];
    const whole = Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
    request.socket.write(Buffer.concat([whole, whole]));
    return;
  }
  response.writeHead(status, { ...headers, "content-length": body.length, connection: "keep-alive" });
  if (isHalf) {
    response.write(body.subarray(0, Math.floor(body.length / 2)));
    setTimeout(() => request.socket.destroy(), 10);
  } else {
    response.end(body);
  }
}

function ask(target, { method, url, headers }, sent) {
  return new Promise((resolve, reject) => {
    const { transfer: _, host: __, ...kept } = headers;
    const asked = http.request(new URL(url, target), { method, headers: { ...kept, "content-length": sent.length } }, async (answer) => {
      const pieces = [];
      for await (const piece of answer) {
        pieces.push(piece);
      }
      const { "content-length": ___, "transfer-encoding": ____, connection: _____, ...told } = answer.headers;
      resolve({ status: answer.statusCode, headers: told, body: Buffer.concat(pieces) });
    });
    asked.on("error", reject);
    asked.end(sent);
  });
}

/** Passes bytes on, and cuts each connection once the server has sent so many, until `cuts` were made. */
export async function cuttingProxy(target, { seed, cuts, onLast = () => {} }) {
  const random = seeded(seed);
  const { hostname, port } = new URL(target);
  const made = { cuts: 0 };
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    let left = made.cuts < cuts ? 1 + Math.floor(random() * 2000) : Number.POSITIVE_INFINITY;
    upstream.on("data", (piece) => {
      client.write(piece.subarray(0, left));
      left -= piece.length;
      if (left <= 0 && made.cuts < cuts) {
        made.cuts++;
        // What was written shall arrive, as far as it goes.
        setTimeout(end, 5);
        upstream.pause();
        if (made.cuts === cuts) {
          onLast();
        }
      }
    });
    client.on("data", (piece) => upstream.write(piece));
    for (const socket of [client, upstream]) {
      socket.on("error", end);
      socket.on("close", end);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseURL: `http://127.0.0.1:${server.address().port}/v1`, made, close: () => server.close() };
}
