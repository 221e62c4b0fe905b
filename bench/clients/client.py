"""What one might write instead, in Python: aiohttp, a task per connection, a line per result.

client.py JOB RESULTS URL CONNECTIONS [CERTIFICATE]
"""

import asyncio
import json
import ssl
import sys
import time

import aiohttp


def render(operation):
    if operation["op"] == "update_album":
        return f"/koodrive/ose/v1/{operation['albumId']}/update", {"name": operation["name"]}
    return "/koodrive/ose/v1/sharefolder/rename", {"id": operation["id"], "fileName": operation["fileName"]}


async def send(session, url, line, text):
    path, body = render(json.loads(text))
    headers = {
        "Authorization": "Bearer+secret",
        "X-User-Id": "1",
        "X-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        "X-Traceid": f"{line:058b}",
    }
    async with session.post(url + path, json=body, headers=headers) as answer:
        said = await answer.json()
        return {"line": line, "http": answer.status, "code": said["code"], "msg": said["msg"]}


async def serve(session, url, lines, out):
    for line, text in lines:
        out.write(json.dumps(await send(session, url, line, text)) + "\n")


async def main(job, results, url, connections, certificate=None):
    context = ssl.create_default_context(cafile=certificate) if certificate else None
    connector = aiohttp.TCPConnector(limit=int(connections), ssl=context)
    with open(job) as file, open(results, "w") as out:
        lines = enumerate(file, 1)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(serve(session, url, lines, out) for _ in range(int(connections))))


asyncio.run(main(*sys.argv[1:]))
