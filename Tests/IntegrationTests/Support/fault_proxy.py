"""A proxy on a loopback port of its own that fails as it is told.

It says {"port": n} on standard output, then takes one mode a line on standard input and says it
back once it is in force:

  ok         passes everything on, at once what a black hole held back
  blackhole  takes connections and bytes, and passes nothing on
  refuse     listens no more, and has cut every connection
  reset      cuts every connection, and each new one at once
  half       passes requests on, and cuts each connection in the middle of the next answer
  nonsense   answers every new connection with a line that means nothing, and cuts it
  delay N    holds everything up by so many milliseconds, or until another mode is in force

It ends when standard input closes, so it never outlives the test run.
"""

import asyncio
import contextlib
import json
import sys


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Proxy:
    def __init__(self, target):
        self.target = target
        self.mode = "ok"
        self.delay = 0.0
        self.flows = asyncio.Event()
        self.flows.set()
        self.turned = asyncio.Event()
        self.open = set()
        self.server = None
        self.port = 0

    async def listen(self):
        if self.server is None:
            self.server = await asyncio.start_server(self.take, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    async def turn(self, words):
        self.mode = words[0]
        self.delay = int(words[1]) / 1000 if self.mode == "delay" else 0.0
        self.turned.set()
        self.turned = asyncio.Event()
        if self.mode in ("refuse", "reset"):
            if self.mode == "refuse" and self.server is not None:
                self.server.close()
                self.server = None
            for writer in list(self.open):
                writer.transport.abort()
        if self.mode != "refuse":
            await self.listen()
        if self.mode == "blackhole":
            self.flows.clear()
        else:
            self.flows.set()

    async def connect(self):
        if self.target.startswith("/"):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection("127.0.0.1", int(self.target))

    async def take(self, reader, writer):
        self.open.add(writer)
        far_writer = None
        try:
            await self.flows.wait()
            if self.mode == "reset":
                return
            if self.mode == "nonsense":
                writer.write(b"\x16 Good evening, and nothing more.\r\n")
                await writer.drain()
                return
            far_reader, far_writer = await self.connect()
            self.open.add(far_writer)
            pumps = [
                asyncio.ensure_future(self.pump(reader, far_writer, False)),
                asyncio.ensure_future(self.pump(far_reader, writer, True)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass
        finally:
            for end in (writer, far_writer):
                if end is not None:
                    self.open.discard(end)
                    if self.mode in ("refuse", "reset"):
                        end.transport.abort()
                    else:
                        end.close()

    async def pump(self, reader, writer, is_answer):
        while data := await reader.read(65536):
            await self.flows.wait()
            if self.delay:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.turned.wait(), self.delay)
            if self.mode == "half" and is_answer:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                return
            writer.write(data)
            await writer.drain()


async def main():
    proxy = Proxy(sys.argv[1])
    await proxy.listen()
    say({"port": proxy.port})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await proxy.turn(line.split())
        say({"mode": line.strip()})


asyncio.run(main())
