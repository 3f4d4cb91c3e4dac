// The published Express verifier. Prints its port, ends with its standard input.
const crypto = require("crypto");
const express = require(process.argv[3]);

const secret = process.argv[2];
const app = express();
app.use(express.json());

app.post("/hook", (req, res) => {
  const signature = req.headers["x-vaniagent-signature"];
  const expected = crypto.createHmac("sha256", secret).update(JSON.stringify(req.body)).digest("hex");
  if (signature !== expected) {
    return res.status(401).send("Invalid signature");
  }
  res.status(200).send(req.body.event);
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
