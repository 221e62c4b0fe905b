#!/usr/bin/env python3
"""Writes the tables of signatures the unit tests expect, beside this file. Python's own hmac, hashlib and urllib compute
them, and what they compute is first held against the published results of RFC 4231."""
import hashlib
import hmac
import json
import os
from urllib.parse import quote, unquote_to_bytes

ID = "1795607640592646273"
RENAME = "/koodrive/ose/v1/sharefolder/rename"
BODY = '{"id":"1757156480072657793","fileName":"newName123456"}'
SECRET = "s3cret-0123456789abcdef"


def encoded(text):
    """Percent-encoded once, from text that may be so already."""
    return quote(unquote_to_bytes(text), safe="-._~")


def uri(path):
    path = "/".join(encoded(segment) for segment in path.split("/"))
    return path if path.endswith("/") else path + "/"


def query_of(query):
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(f"{name}={value}" for name, value in sorted((encoded(n), encoded(v)) for n, _, v in pairs))


def authorization(case):
    headers = {"host": case["host"], "x-date": case["x_date"], "x-user-id": case["user_id"]}
    names = ";".join(sorted(headers))
    canonical = "\n".join([
        case["method"],
        uri(case["path"]),
        query_of(case["query"]),
        "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers)),
        names,
        hashlib.sha256(case["body"].encode()).hexdigest(),
    ])
    to_sign = "HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(case["secret"].encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return canonical, f"HMAC-SHA256 AppId={case['app_id']},SignedHeaders={names},Signature={signature}"


def request(name, **changes):
    case = {"name": name, "app_id": "app-1", "secret": SECRET, "method": "POST", "path": RENAME, "query": "",
            "host": "koo.example", "x_date": "20251103T070140Z", "user_id": "user-1", "body": BODY}
    case.update(changes)
    case["canonical"], case["authorization"] = authorization(case)
    return case


def album(album_id):
    return f"/koodrive/ose/v1/{quote(album_id, safe='-._~')}/update"


REQUESTS = [
    request("renaming a folder"),
    request("updating an album", path=album(ID), body='{"name":"albumName22"}'),
    request("a Chinese album", path=album("相册 2025"), body='{"name":"相册"}'),
    request("the same path, not encoded yet", path="/koodrive/ose/v1/相册 2025/update", body='{"name":"相册"}'),
    request("the same path in lower-case hex", path="/koodrive/ose/v1/%e7%9b%b8%e5%86%8c%202025/update",
            body='{"name":"相册"}'),
    request("a percent sign in the ID", path=album("100%")),
    request("an ID that looks encoded", path=album("a%2Fb")),
    request("a slash in the ID", path=album("a/b")),
    request("unreserved characters encoded for nothing", path="/koodrive/ose/v1/%61%7E%2D%5F%2e1/update"),
    request("a percent sign that encodes nothing", path="/koodrive/ose/v1/5%/6%zz/7%4/update"),
    request("every kind of sign", path=album("!\"#$&'()*+,-.:;<=>?@[\\]^_`{|}~")),
    request("an emoji", path=album("\U0001f600")),
    request("a path that ends in a slash", path="/koodrive/ose/v1/"),
    request("the root", path="/"),
    request("no path", path=""),
    request("two slashes", path="/a//b"),
    request("a query", query="limit=10&offset=0"),
    request("a query to be sorted", method="GET", query="status=0&keyWord=x&limit=10&a=1", body=""),
    request("equal names, sorted by value", query="b=2&a=9&b=10&a=1"),
    request("names of which one begins another", query="ab=1&a=2&a-b=3"),
    request("names sorted as they are encoded", query="a_=1&aé=2&a~=3&a=4"),
    request("a query to be encoded", query="keyWord=相册 1/2&path=/a/b&sign=a+b"),
    request("a query that is encoded already", query="keyWord=%E7%9B%B8%E5%86%8C%201%2F2&path=%2fa%2Fb&sign=a%2Bb"),
    request("names without values, and nothing between two ampersands", query="flag&&empty=&x=1=2&"),
    request("header values to be trimmed", host="  koo.example ", x_date="\t20251103T070140Z", user_id=" user-1\t "),
    request("a host with a port", host="127.0.0.1:8080"),
    request("an IPv6 host", host="[::1]:8080"),
    request("no body", body=""),
    request("a long body", body="x" * 4096),
    request("a body with an emoji", body='{"name":"\U0001f600"}'),
    request("another method", method="PUT"),
    request("another date", x_date="20251103T070141Z"),
    request("another app", app_id="another/app:2"),
    request("a secret as long as a block", secret="s" * 64),
    request("a secret longer than a block", secret="s" * 65),
    request("a very long secret", secret="0123456789abcdef" * 256),
    request("a Chinese secret", secret="密钥"),
]

# RFC 4231, section 4: key, data, HMAC-SHA-256 (of test case 5 its first 128 bits).
RFC_4231 = [
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (b"\x0c" * 20, b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    (b"\xaa" * 131, b"This is a test using a larger than block-size key and a larger than block-size data. The key "
     b"needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
]


def mac(name, key, data):
    return {"name": name, "key": key.hex(), "data": data.hex(),
            "mac": hmac.new(key, data, hashlib.sha256).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}


def macs():
    for number, (key, data, expected) in enumerate(RFC_4231, 1):
        case = mac(f"RFC 4231, test case {number}", key, data)
        assert case["mac"].startswith(expected), case["name"]
        yield case
    # Where padding and key take one block more.
    for size in (0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1000):
        yield mac(f"a message of {size} bytes", bytes(range(32)), bytes(i % 251 for i in range(size)))
    for size in (0, 1, 16, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128, 129, 520):
        yield mac(f"a key of {size} bytes", bytes((7 * i + 1) % 256 for i in range(size)), b"message")
        yield mac(f"a key of {size} bytes, no message", bytes((7 * i + 1) % 256 for i in range(size)), b"")
    yield mac("a key of zero bytes is one of none", bytes(64), b"message")
    yield mac("bytes of every value", bytes(range(255, -1, -1)), bytes(range(256)))


def write(name, cases):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", encoding="ascii") as table:
        for case in cases:
            table.write(json.dumps(case) + "\n")


write("signatures.ndjson", REQUESTS)
write("hmac_sha256.ndjson", macs())
