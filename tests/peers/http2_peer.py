#!/usr/bin/python3
"""An HTTP/2 server on python3-h2, which shares no code with koobatch or nghttp2. It judges requests by rules of its own
and answers with what real servers do to their clients.

    http2_peer.py TRICK

Prints "listening on http://127.0.0.1:PORT". At SIGTERM it prints what it saw as one JSON object, in which `complaints`
should be empty, and exits.
"""

import asyncio
import json
import re
import signal
import sys
from collections import Counter

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (ConnectionTerminated, DataReceived, RequestReceived, SettingsAcknowledged, StreamEnded,
                       StreamReset, TrailersReceived)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hpack import NeverIndexedHeaderTuple
from hyperframe.frame import GoAwayFrame, RstStreamFrame

ANSWER = b'{"code":0,"msg":"success"}'
REQUIRED = {":method", ":scheme", ":authority", ":path", "authorization", "content-type", "content-length", "x-date",
            "x-traceid", "x-user-id"}
FORBIDDEN = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host", "te"}
MOST_COMPLAINTS = 20
LAST_ID = 2**31 - 1
WINDOW = 5  # bytes, of a server that is sparing with it


class Judge:
    """What must hold of all requests, whatever connection they come on."""

    def __init__(self):
        self.complaints = []
        self.traces = set()
        self.newest = {}  # line of the newest operation, by key
        self.in_flight = Counter()  # by key
        self.counts = Counter()

    def complain(self, text):
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(text)

    def fields(self, fields):
        names = [name.decode() for name, _ in fields]
        values = {name.decode(): value.decode() for name, value in fields}
        for name, times in Counter(names).items():
            if times > 1:
                self.complain(f"{name} is there {times} times")
        for name in REQUIRED - values.keys():
            self.complain(f"{name} is missing")
        for name in FORBIDDEN & values.keys():
            self.complain(f"{name} is not for HTTP/2")
        for name in names:
            if name != name.lower():
                self.complain(f"{name} is not in lower case")
        if any(name.startswith(":") for name in names[4:]):
            self.complain(f"pseudo-header fields come first: {names}")
        for field in fields:
            if field[0] == b"authorization" and not isinstance(field, NeverIndexedHeaderTuple):
                self.complain("a secret may be indexed on its way")
        return values

    def arrived(self, values, body):
        """The request is complete. Returns the key it changes."""
        if values.get("content-length") != str(len(body)):
            self.complain(f"content-length {values.get('content-length')} of {len(body)} bytes")
        trace = values.get("x-traceid", "")
        if not re.fullmatch("[01]{58}", trace):
            self.complain(f"trace ID {trace}")
            return ""
        if trace in self.traces:
            self.complain(f"trace ID {trace} came twice")
        self.traces.add(trace)
        path = values[":path"]
        content = json.loads(body)
        key = "folder:" + content["id"] if path.endswith("/sharefolder/rename") else "album:" + path.split("/")[-2]
        line = int(trace[18:50], 2)
        if line < self.newest.get(key, 0):
            self.complain(f"{key}: line {line} came after line {self.newest[key]}")
        if self.in_flight[key]:
            self.complain(f"{key}: line {line} came while another was in flight")
        self.newest[key] = line
        self.in_flight[key] += 1
        self.counts["requests"] += 1
        return key

    def ended(self, key):
        self.in_flight[key] -= 1


class Request:
    def __init__(self, values):
        self.values = values
        self.body = b""
        self.key = ""
        self.concluded = False


class Peer(asyncio.Protocol):
    """One connection, answered as it should be. Tricks override what they do differently."""

    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 100}

    def __init__(self, judge):
        self.judge = judge
        # h2 itself finds what RFC 9113 forbids, and raises.
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.requests = {}
        self.begun = 0
        self.transport = None

    # The connection.

    def connection_made(self, transport):
        self.transport = transport
        self.judge.counts["connections"] += 1
        self.h2.local_settings = Settings(client=False, initial_values=self.settings)
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        if not self.transport.is_closing():
            self.transport.write(self.h2.data_to_send())

    def data_received(self, data):
        try:
            events = self.h2.receive_data(data)
        except ProtocolError as error:
            self.judge.complain(f"{type(error).__name__}: {error}")
            self.close()
            return
        for event in events:
            self.handle(event)
        self.flush()

    def connection_lost(self, _):
        for request in self.requests.values():
            self.conclude(request)

    def close(self):
        self.flush()
        self.transport.close()

    # Requests.

    def handle(self, event):
        if isinstance(event, RequestReceived):
            self.begun += 1
            self.requests[event.stream_id] = Request(self.judge.fields(event.headers))
            self.begin(event.stream_id)
        elif isinstance(event, DataReceived):
            self.requests[event.stream_id].body += event.data
            self.took(event.stream_id, event.flow_controlled_length)
        elif isinstance(event, StreamEnded):
            request = self.requests[event.stream_id]
            if request.concluded:
                return  # it was answered before it was complete
            request.key = self.judge.arrived(request.values, request.body)
            self.complete(event.stream_id)
        elif isinstance(event, StreamReset):
            self.judge.counts["resets"] += 1
            if event.stream_id in self.requests:
                self.conclude(self.requests[event.stream_id])
        elif isinstance(event, TrailersReceived):
            self.judge.complain("a request with trailers")

    def conclude(self, request):
        if request.key and not request.concluded:
            self.judge.ended(request.key)
        request.concluded = True

    def answer(self, stream_id):
        self.judge.counts["answers"] += 1
        # Before the bytes leave: the next request on its key may follow at once.
        self.conclude(self.requests[stream_id])
        length = str(len(ANSWER)).encode()
        self.h2.send_headers(stream_id, [(b":status", b"200"), (b"content-type", b"application/json"),
                                         (b"content-length", length)])
        self.h2.send_data(stream_id, ANSWER, end_stream=True)

    def raw(self, frame):
        """Sends a frame that h2 would not."""
        self.flush()
        self.transport.write(frame.serialize())

    # What tricks override.

    def begin(self, stream_id):
        """The header fields have arrived."""

    def took(self, stream_id, size):
        """So many bytes of a window are used up."""
        if size:
            self.h2.acknowledge_received_data(size, stream_id)

    def complete(self, stream_id):
        """The request has arrived."""
        self.answer(stream_id)


class Goaway(Peer):
    """Ends each connection after some requests, and reads nothing of those above the id that it says."""

    most = 50
    left = False
    last_id = LAST_ID

    def handle(self, event):
        if not self.left or getattr(event, "stream_id", LAST_ID) <= self.last_id:
            super().handle(event)
            return
        # What it has said it has not read.
        self.judge.counts["disowned"] += isinstance(event, RequestReceived)

    def complete(self, stream_id):
        self.answer(stream_id)
        if self.begun < self.most or self.left:
            return
        self.leave(max(self.requests))

    def leave(self, last_id):
        self.left = True
        self.last_id = last_id
        # Those at or below the id are answered. The client closes once it has them all.
        self.raw(GoAwayFrame(0, last_stream_id=last_id, error_code=0))


class Graceful(Goaway):
    """First says that it is about to leave, and takes what is on its way; then leaves."""

    announced = False

    def complete(self, stream_id):
        self.answer(stream_id)
        if self.begun >= self.most and not self.announced:
            self.announced = True
            self.raw(GoAwayFrame(0, last_stream_id=LAST_ID, error_code=0))
            asyncio.get_running_loop().call_later(0.02, self.really_leave)

    def really_leave(self):
        if not self.transport.is_closing():
            self.leave(max(self.requests))


class Abrupt(Goaway):
    """Says that it has read some requests, answers those, and closes."""

    def leave(self, last_id):
        super().leave(last_id)
        self.transport.close()


class Refusing(Peer):
    """Refuses every seventh stream."""

    def complete(self, stream_id):
        if self.begun % 7 != 0:
            self.answer(stream_id)
            return
        self.judge.counts["refused"] += 1
        self.conclude(self.requests[stream_id])
        self.h2.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)


class Resetting(Peer):
    """Resets after whole answers, which are answers nevertheless."""

    codes = (ErrorCodes.NO_ERROR, ErrorCodes.CANCEL)

    def complete(self, stream_id):
        self.answer(stream_id)
        self.flush()
        # h2 does not reset what has ended.
        self.raw(RstStreamFrame(stream_id, error_code=int(self.codes[self.begun % 2])))


class Narrow(Peer):
    """Windows of a few bytes, for streams and connection."""

    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 100, SettingCodes.INITIAL_WINDOW_SIZE: WINDOW}

    def took(self, stream_id, size):
        if size:
            asyncio.get_running_loop().call_later(0.001, self.widen, stream_id, size)

    def widen(self, stream_id, size):
        if self.transport.is_closing():
            return
        # The stream's grows by what was used of it; h2 itself would wait until more has been.
        self.h2.acknowledge_received_data(size, stream_id)
        if not self.requests[stream_id].concluded:
            self.h2.increment_flow_control_window(size, stream_id)
        self.flush()


class Changing(Peer):
    """Changes its mind about how many requests at a time it accepts, down to none."""

    limits = (100, 3, 40, 1, 0, 17)
    turn = 0
    left = False

    def handle(self, event):
        self.left |= isinstance(event, ConnectionTerminated)
        # One change at a time, or h2 believes that it holds before the client has seen it.
        if isinstance(event, SettingsAcknowledged):
            asyncio.get_running_loop().call_later(0.01, self.change)
        super().handle(event)

    def change(self):
        if self.transport.is_closing() or self.left:
            return
        self.turn += 1
        limit = self.limits[self.turn % len(self.limits)]
        self.h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: limit})
        self.flush()


class Talkative(Peer):
    """Interim answers first, padding, trailers, PINGs and empty DATA in between."""

    def complete(self, stream_id):
        for status in (b"100", b"103"):
            self.h2.send_headers(stream_id, [(b":status", status), (b"link", b"</style.css>; rel=preload")])
        self.h2.ping(b"12345678")
        length = str(len(ANSWER)).encode()
        self.judge.counts["answers"] += 1
        self.conclude(self.requests[stream_id])
        self.h2.send_headers(stream_id, [(b":status", b"200"), (b"content-length", length)])
        for byte in range(len(ANSWER)):
            self.h2.send_data(stream_id, ANSWER[byte : byte + 1], pad_length=stream_id % 200)
            self.h2.send_data(stream_id, b"")
        self.h2.send_headers(stream_id, [(b"x-checksum", b"0")], end_stream=True)


class Early(Peer):
    """Answers some requests before it has read their bodies, which it then does not want any more."""

    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 100, SettingCodes.INITIAL_WINDOW_SIZE: WINDOW}

    def took(self, stream_id, size):
        request = self.requests[stream_id]
        self.h2.acknowledge_received_data(size, stream_id)
        if request.concluded:
            return
        if self.begun % 3 == 0:
            self.judge.counts["early"] += 1
            self.answer(stream_id)
        else:
            self.h2.increment_flow_control_window(WINDOW, stream_id)


TRICKS = {trick.__name__.lower(): trick
          for trick in (Peer, Goaway, Graceful, Abrupt, Refusing, Resetting, Narrow, Changing, Talkative, Early)}


async def serve(trick):
    judge = Judge()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: trick(judge), "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    asked_to_exit = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, asked_to_exit.set)
    await asked_to_exit.wait()
    server.close()
    print(json.dumps({**judge.counts, "complaints": judge.complaints}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(TRICKS[sys.argv[1]]))
