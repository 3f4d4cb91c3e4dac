"""SIP messages that parsers stumble over: the cases of RFC 4475, and more of their kind, as bytes.

Some are valid and look wrong, some are wrong and look valid. All but the valid ones may be ignored or refused; none may do harm.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Final

_NUMBERS: Final = itertools.count(1)
_SDP: Final = "v=0\r\no=m 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"


def messages(target: str) -> dict[str, bytes]:
    """Each case under its name, with a Call-ID of its own, for whoever listens at `target` (host:port)."""
    return {
        **_valid(target),
        **_bad_syntax(target),
        **_bad_meaning(target),
        **_responses(target),
        **_no_sip(target),
    }


def random_damage(target: str, *, seed: int, count: int) -> Iterator[bytes]:
    """Good requests with a few bytes changed, taken away, doubled or cut off."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    for _ in range(count):
        text = bytearray(
            _request(target, chance.choice(["INVITE", "OPTIONS", "REGISTER", "BYE", "REFER", "INFO"]), body=_SDP)
        )
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(text))
            match chance.randrange(5):
                case 0:
                    text[at] = chance.randrange(256)
                case 1:
                    del text[at : at + chance.randint(1, 40)]
                case 2:
                    text[at:at] = text[at : at + chance.randint(1, 200)]
                case 3:
                    text[at:at] = chance.randbytes(chance.randint(1, 30))
                case 4:
                    del text[chance.randrange(len(text)) :]
            if not text:
                text += b"\0"
        yield bytes(text)


def _request(
    target: str,
    method: str = "INVITE",
    *,
    uri: str = "",
    version: str = "SIP/2.0",
    change: Mapping[str, str | None] | None = None,
    more: str = "",
    body: str = "",
    length: str | None = None,
) -> bytes:
    """A good request, but for what is named: a header in `change` is another then, or missing."""
    number = next(_NUMBERS)
    headers: dict[str, str | None] = {
        "Via": f"SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKtorture{number}",
        "Max-Forwards": "70",
        "From": f"<sip:caller@192.0.2.1>;tag=t{number}",
        "To": f"<sip:called@{target}>",
        "Call-ID": f"torture-{number}@192.0.2.1",
        "CSeq": f"{number} {method}",
        "Contact": "<sip:caller@192.0.2.1>",
        **({"Content-Type": "application/sdp"} if body else {}),
        **(change or {}),
        "Content-Length": str(len(body)) if length is None else length,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"{method} {uri or f'sip:called@{target}'} {version}\r\n{lines}{more}\r\n{body}".encode(
        "utf-8", "surrogateescape"
    )


def _valid(target: str) -> dict[str, bytes]:
    odd = "Any!of%these*are_letters+of`a.method~2'0-"
    return {
        "folded, abbreviated and spaced headers": _request(
            target,
            change={
                "Via": None,
                "To": f"\r\n sip:called@{target} ;   tag    =  \tspread0ut",
                "From": '"A \\\\\\" B"       <sip:ab@192.0.2.1>\r\n  ;\r\n  tag = wide',
                "CSeq": "0009\r\n  INVITE",
                "Max-FORWARDS ": "0068",
            },
            more=(
                "v:  SIP  / 2.0  / UDP     192.0.2.2;branch=old\r\nv  : SIP  / 2.0  / TCP two.example.com   ;\r\n"
                "  branch  =   z9hG4bKtwo  ,\r\n SIP  /    2.0   / UDP  192.0.2.3   ; branch= z9hG4bKthree\r\n"
                "s :\r\nUnheard-Of:   begins\r\n goes on\r\nAll-Separators: ;;,,;;,;\r\n"
            ),
            body=_SDP,
        ),
        "all characters that may be": _request(
            target,
            odd,
            uri="sip:a_b.c~(d!e)&f'g+h$/i?,/;;*:&j=2,k!*l$m~n_o.(p'q)@example.com",
            change={"To": '"\\\x07 \\\x01 \\\x7f" <sip:a_b@example.com>'},
        ),
        "escapes that are none": _request(target, uri=f"sip:sips%3Auser%40example.com@{target}"),
        "escaped NULs": _request(
            target, "REGISTER", change={"To": "sip:null-%00-null@example.com", "Contact": "<sip:%00%00@h>"}
        ),
        "escapes in a method": _request(target, "RE%47IST%45R"),
        "no space before <": _request(target, "OPTIONS", change={"From": "caller<sip:caller@example.com>;tag=323"}),
        "long values": _request(
            target,
            uri=f"sip:called@{target}",
            change={
                "To": f'"{"A name that goes on and on and " * 12}" <sip:u{"looong" * 40}@example.com:6000;p{"long" * 60}=v>',
                "From": f"<sip:caller@example.com>;tag=1{'2' * 900};p{'longer' * 60}=v",
                "Call-ID": "l" + "on" * 400 + "g",
            },
            more="".join(
                f"Via: SIP/2.0/TCP sip{number}.example.com;branch=z9hG4bK{number}\r\n" for number in range(34)
            ),
            body=_SDP,
        ),
        "bytes after the end": _request(target, "REGISTER")
        + b"\0\r\nINVITE sip:joe@example.com SIP/2.0\r\nt: sip:j@e.com\r\n\r\n",
        "semicolons in a user": _request(target, "OPTIONS", uri=f"sip:user;par=u%40example.net@{target}"),
        "transports": _request(
            target,
            "OPTIONS",
            more="".join(
                f"Via: SIP/2.0/{name} t1.example.com;branch=z9hG4bKk{name}\r\n"
                for name in ("TLS", "SCTP", "UNKNOWN", "T" * 300)
            ),
        ),
        "parts in binary": _request(
            target,
            "MESSAGE",
            change={"Content-Type": "multipart/mixed;boundary=here-and-there"},
            body="--here-and-there\r\nContent-Type: application/octet-stream\r\n\r\n\x00\x01\x7f\r\n\r\n--here-and-there--\r\n",
        ),
    }


def _bad_syntax(target: str) -> dict[str, bytes]:
    return {
        "separators for nothing": _request(
            target, change={"Contact": '"Joe" <sip:joe@example.org>;;;;', "Via": "SIP/2.0/UDP 192.0.2.15;;,;,,"}
        ),
        "shorter than it says": _request(target, body=_SDP, length="9999"),
        "less than nothing": _request(target, body=_SDP, length="-999"),
        "length of words": _request(target, body=_SDP, length="a lot"),
        "length of ages": _request(target, body=_SDP, length="9" * 60),
        "numbers too large": _request(
            target,
            "REGISTER",
            change={"CSeq": "99999999999999999999 REGISTER", "Max-Forwards": "300", "Expires": "1" + "0" * 40},
            more="Retry-After: 888888888888888888888888888\r\nWarning: 9999 nobody again\r\n",
        ),
        "a quotation without an end": _request(target, change={"To": f'"No end <sip:called@{target}>'}),
        "<> around the address": _request(target, uri=f"<sip:called@{target}>"),
        "spaces in the address": _request(target, uri=f"sip:called@{target}; lr; a = b"),
        "spaces between": f"INVITE  sip:called@{target}  SIP/2.0".encode() + _request(target).partition(b"SIP/2.0")[2],
        "spaces after the version": _request(target, "OPTIONS", version="SIP/2.0  "),
        "headers in the address": _request(target, uri=f"sip:called@{target}?Route=%3Csip:example.com%3E"),
        "a date of another zone": _request(target, more="Date: Mon, 23 Nov 2026 05:00:00 PST\r\n"),
        "parameters of what": _request(
            target, "REGISTER", change={"Contact": "sip:user@example.com?Route=%3Csip:s%3E;x=1"}
        ),
        "spaces in a name": _request(target, "OPTIONS", change={"To": '"One, Two" < sip:one.two@example.org >'}),
        "a name with dots": _request(target, "OPTIONS", change={"From": "Two, One <sip:two@example.org>;tag=43"}),
        "another version": _request(target, "OPTIONS", version="SIP/7.0"),
        "a version of words": _request(target, version="SIP/two"),
        "two methods": _request(target, "OPTIONS", change={"CSeq": "8 INVITE"}),
        "two unknown methods": _request(target, "NEWMETHOD", change={"CSeq": "8 OTHER"}),
        "no transaction": _request(target, "OPTIONS", change={"Via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"}),
        "line feeds alone": _request(target, body=_SDP).replace(b"\r\n", b"\n"),
        "returns alone": _request(target, body=_SDP).replace(b"\r\n", b"\r"),
        "a header without a name": _request(target, more=": nobody\r\n:\r\n \r\n"),
        "a header of 60 kB": _request(target, more=f"Subject: {'x' * 55_000}\r\n"),
        "a thousand headers": _request(target, more="".join(f"X-{number}: y\r\n" for number in range(1_500))),
        "a thousand times Via": _request(target, more="Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" * 700),
        "no UTF-8": _request(target, change={"From": "\udcff\udcfe<sip:c\udc80@192.0.2.1>;tag=\udcc0"}),
        "format characters": _request(
            target, change={"From": "%s%n%x$var(x)<sip:%s%n@%s>;tag=%n", "Call-ID": "%s%n%n%n"}
        ),
    }


def _bad_meaning(target: str) -> dict[str, bytes]:
    return {
        "too little": _request(target, change=dict.fromkeys(("From", "To", "Call-ID", "Via", "CSeq"))),
        **{
            f"without {name}": _request(target, change={name: None}, body=_SDP)
            for name in ("From", "To", "Call-ID", "CSeq", "Contact")
        },
        "unknown scheme": _request(target, "OPTIONS", uri="neverheardof:whatever"),
        "another scheme": _request(target, "OPTIONS", uri="gopher.tls://192.0.2.103:70"),
        "unknown schemes within": _request(
            target,
            "REGISTER",
            change={"To": "urn:isbn:0", "From": "<ftp://www.example.com>;tag=3", "Contact": "<who:knows>"},
        ),
        "extensions that nobody has": _request(
            target, "OPTIONS", more="Require: telepathy\r\nProxy-Require: clairvoyance\r\n"
        ),
        "a body of another kind": _request(
            target, change={"Content-Type": "application/x-of-nobody"}, body="<sound/>\r\n"
        ),
        "another proof": _request(target, "REGISTER", more="Authorization: Handshake firm=yes\r\n"),
        "a proof of nothing": _request(
            target,
            more='Authorization: Digest username="", nonce=, realm="sip", uri=,response="\r\nProxy-Authorization: Digest\r\n',
        ),
        "everything twice": _request(
            target,
            body=_SDP,
            more=f"CSeq: 59 INVITE\r\nCall-ID: other\r\nFrom: <sip:o@e.org>;tag=9\r\nTo: <sip:called@{target}>;tag=8\r\nMax-Forwards: 5\r\n",
        ),
        "two lengths": _request(target, "OPTIONS", body="abc", more="Content-Length: 5\r\nl: 0\r\n"),
        "no forwards left": _request(target, "OPTIONS", change={"Max-Forwards": "0"}),
        "parameters of a contact": _request(
            target, "REGISTER", change={"Contact": "sip:+14155550199@gw.example.net;what"}
        ),
        "a route in a contact": _request(
            target, "REGISTER", change={"Contact": "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"}
        ),
        "wants another answer": _request(target, change={"Accept": "text/x-of-nobody"}, body=_SDP),
        "of the old RFC": _request(
            target, change={"Via": "SIP/2.0/UDP 192.0.2.1", "From": "sip:caller@192.0.2.1", "Contact": None}, body=_SDP
        ),
        "within a call that is none": _request(target, "BYE", change={"To": f"<sip:called@{target}>;tag=none"}),
        "routes without end": _request(
            target, more="".join(f"Route: <sip:192.0.2.{number % 250};lr>\r\n" for number in range(200))
        ),
        "routes to itself": _request(target, more=f"Route: <sip:{target};lr>\r\n" * 50, body=_SDP),
        "sound that cannot be": _request(
            target, body=_SDP.replace("49217", "99999999").replace("192.0.2.1", "999.999.999.999")
        ),
        "sound without end": _request(target, body=_SDP + "m=audio 9 RTP/AVP 0\r\n" * 900),
        "a description of nothing": _request(target, body="\0" * 500),
        "payloads of all kinds": _request(
            target, body=_SDP + "".join(f"a=rtpmap:{n} X{'y' * 90}/{n * 999999999}\r\n" for n in range(200))
        ),
        "a refer of strangers": _request(target, "REFER", more="Refer-To: <sip:premium@192.0.2.9>\r\n"),
        "replaces a call": _request(target, more="Replaces: torture;to-tag=1;from-tag=2\r\n", body=_SDP),
    }


def _responses(target: str) -> dict[str, bytes]:
    answer = _request(target).partition(b"\r\n")[2]
    return {
        "a reason of all bytes": b"SIP/2.0 200 ; = ** 200 \xc3\xa4 \xff\r\n" + answer,
        "no reason": b"SIP/2.0 100 \r\n" + answer,
        "a code of four digits": b"SIP/2.0 4294967301 What now\r\n" + answer,
        "a code of letters": b"SIP/2.0 abc OK\r\n" + answer,
        "an answer to nobody": b"SIP/2.0 200 OK\r\n" + answer.replace(b"192.0.2.1:5060", b"255.255.255.255:5060"),
        "an answer that goes on": b"SIP/2.0 200 OK\r\n"
        + b"Via: SIP/2.0/UDP %s;branch=z9hG4bKa\r\n" % target.encode() * 3
        + answer,
    }


def _no_sip(target: str) -> dict[str, bytes]:
    return {
        "nothing": b"",
        "a byte": b"\0",
        "line ends": b"\r\n" * 400,
        "NULs": b"\0" * 1_400,
        "another protocol": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "STUN": b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"z" * 12,
        "a first line without end": b"INVITE sip:" + b"a" * 60_000,
        "spaces": b" " * 2_000,
        "colons": b":" * 2_000,
        "brackets": b"INVITE sip:" + b"[" * 900 + b" SIP/2.0\r\n\r\n",
        "a NUL in the middle": _request(target, body=_SDP).replace(b"Call-ID", b"X\0Y: z\r\nCall-ID"),
    }
