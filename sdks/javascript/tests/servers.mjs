// Servers that answer as they are told, and clients of them.
import http from "node:http";
import { VaniAgent } from "../dist/esm/index.js";

export const KEY = "va_test_abcdefghijklmnopqrstuvwxyz012345abcdef";

/** Answers each request with the next of `answers`, functions of (request, response, body), the last one again and again. */
export async function scripted(t, ...answers) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) {
      body += piece;
    }
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer(request, response, body);
  });
  const port = await listening(server);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, baseURL: `http://127.0.0.1:${port}/v1`, client: (more) => clientOf(port, more) };
}

export function clientOf(port, more = {}) {
  return new VaniAgent({ apiKey: KEY, baseURL: `http://127.0.0.1:${port}/v1`, ...more });
}

export async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

export function json(status, body, headers = {}) {
  return (_, response) => {
    response.writeHead(status, { "Content-Type": "application/json", "X-Request-Id": "req_1", ...headers });
    response.end(JSON.stringify(body));
  };
}

export function fault(status, type, more = {}, headers = {}) {
  const code = { 429: "rate_limit_exceeded", 500: "internal_error" }[status] ?? "invalid_request";
  return json(status, { error: { code, message: "No.", param: null, type, ...more } }, headers);
}

export const hangUp = (request) => request.socket.destroy();

export const half = (request, response) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
  response.write('{"id": "call_');
  setTimeout(() => request.socket.destroy(), 20);
};
