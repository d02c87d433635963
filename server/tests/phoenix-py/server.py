"""A real server for the tests, and what they do over REST."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
import uuid


class Server:
    """The server in ROOST_SERVER_BIN on a free port, with an empty data directory."""

    def __init__(self):
        self.data_dir = tempfile.mkdtemp(prefix="roost-phoenix-py-")
        self._start("127.0.0.1:0")

    def _start(self, listen):
        command = [os.environ["ROOST_SERVER_BIN"], "serve", "--listen", listen, "--data-dir", self.data_dir]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://(\S+)\n", line)
        if not found:
            raise RuntimeError(f"the server said: {line}")
        self.address = found[1]

    def _end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process.stdout.close()
        return code

    def restart(self, number):
        """Ends it with a signal and starts it again on the same port with the same data."""
        code = self._end(number)
        self._start(self.address)
        return code

    def stop(self):
        code = self._end(signal.SIGTERM)
        shutil.rmtree(self.data_dir)
        return code

    def _call(self, method, path, jwt=None, body=None):
        request = urllib.request.Request(f"http://{self.address}/api/v1{path}", method=method)
        if jwt:
            request.add_header("authorization", f"Bearer {jwt}")
        if body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    async def call(self, method, path, jwt=None, body=None):
        return await asyncio.to_thread(self._call, method, path, jwt, body)

    async def sign_up(self, first_name):
        """Makes an account: its token and its user."""
        user = {
            "first_name": first_name,
            "last_name": "Example",
            "email": f"{first_name.lower()}-{uuid.uuid4()}@roost.example",
            "password": "correct horse battery",
        }
        answer = await self.call("POST", "/registrations", body={"user": user})
        return answer["jwt"], answer["user"]

    async def make_board(self, jwt, name):
        return await self.call("POST", "/boards", jwt, {"board": {"name": name}})
