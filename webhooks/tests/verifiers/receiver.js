// The published Node verifier's rule, on node's own server: HMAC over JSON.stringify(JSON.parse(raw)).
// Prints its port, ends with its standard input.
const crypto = require("crypto");
const http = require("http");

const secret = process.argv[2];

const server = http.createServer((req, res) => {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const expected = crypto.createHmac("sha256", secret).update(JSON.stringify(body)).digest("hex");
    const valid = expected === req.headers["x-vaniagent-signature"];
    res.writeHead(valid ? 200 : 401);
    res.end(valid ? body.event : "Invalid signature");
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
