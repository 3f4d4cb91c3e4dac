"""Programs to copy from a page."""

from __future__ import annotations

from typing import Final

VERIFY_PYTHON: Final = """\
import hashlib, hmac, os

from flask import Flask, request

app = Flask(__name__)
secret = os.environ["VANIAGENT_WEBHOOK_SECRET"]

@app.post("/vaniagent")
def vaniagent():
    expected = hmac.new(secret.encode(), request.get_data(), hashlib.sha256).hexdigest()
    given = request.headers.get("X-Vaniagent-Signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return "Invalid signature", 401
    print(request.get_json()["event"])
    return "", 204
"""
VERIFY_NODE: Final = """\
const crypto = require("node:crypto");
const express = require("express");

const app = express();
const secret = process.env.VANIAGENT_WEBHOOK_SECRET;

app.post("/vaniagent", express.raw({ type: "application/json" }), (req, res) => {
  const expected = crypto.createHmac("sha256", secret).update(req.body).digest();
  const given = Buffer.from(req.get("X-Vaniagent-Signature") ?? "", "hex");
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    return res.status(401).send("Invalid signature");
  }
  console.log(JSON.parse(req.body).event);
  res.sendStatus(204);
});
app.listen(3000);
"""
SANDBOX_SCRIPT: Final = """\
curl -X POST %(url)s/v1/calls \\
  -H "Authorization: Bearer va_test_…" \\
  -H "Content-Type: application/json" \\
  -d '{
    "agent_id": "agent_…",
    "to_number": "+15005550100",
    "sandbox": {"lines": ["Hello?", "How much is a cleaning?", "Thank you. Goodbye."]}
  }'
"""
