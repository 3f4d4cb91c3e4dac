// The JavaScript library of Standard Webhooks, on node's own server. Prints its port, ends with its standard input.
const http = require("http");
const { Webhook } = require(process.argv[3]);

const webhook = new Webhook(process.argv[2]);

const server = http.createServer((req, res) => {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    try {
      const body = webhook.verify(Buffer.concat(chunks).toString("utf8"), req.headers);
      res.writeHead(200);
      res.end(body.event);
    } catch (error) {
      res.writeHead(401);
      res.end(error.message);
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
