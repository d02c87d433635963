"""A Phoenix client by other authors against a Roost server, unmodified.

It joins with an empty payload and keeps the answer to a join to itself, so what was missed is asked for over REST. In
version 2 it passes over broadcasts, since those have no `join_ref` (with a Phoenix server too): entries are heard in
version 1, what is sent to one socket in both.
"""

import asyncio
import logging
import signal
import unittest
import uuid

from phoenix_channels_python_client import PhoenixChannelsProtocolVersion, PHXChannelsClient, ReconnectPolicy
from phoenix_channels_python_client.exceptions import PHXConnectionError, PHXTopicError
from phoenix_channels_python_client.utils import make_message
from server import Server

PATIENCE = 20
V1, V2 = PhoenixChannelsProtocolVersion.V1, PhoenixChannelsProtocolVersion.V2

# So that what is made anew is made soon.
IMPATIENT = ReconnectPolicy(
    base_delay_s=0.02,
    max_delay_s=0.1,
    service_restart_min_delay_s=0,
    service_restart_max_delay_s=0.1,
    rapid_disconnect_uptime_s=0,
)


def list_added(name):
    return {"type": "list_added", "list": {"id": str(uuid.uuid4()), "name": name, "position": "a0"}}


class Follower:
    """One socket, and what it was told of one topic."""

    def __init__(self, server, jwt, board, version):
        self.server, self.jwt, self.board = server, jwt, board
        self.topic = f"boards:{board['id']}"
        self.since, self.lists, self.events, self.answers, self.lost = 0, [], {}, {}, []
        self.n_reconnects, self.n_heartbeats, self.next_ref = 0, 0, 0
        self.news = asyncio.Condition()
        self.client = PHXChannelsClient(
            f"ws://{server.address}/socket/websocket?token={jwt}",
            "unused",
            protocol_version=version,
            reconnect_policy=IMPATIENT,
            heartbeat_interval_s=0.05,
            on_heartbeat_ack=self.count_heartbeat,
            on_reconnect=self.catch_up,
            on_topic_lost=self.lose,
        )

    def count_heartbeat(self):
        self.n_heartbeats += 1

    async def tell(self):
        async with self.news:
            self.news.notify_all()

    async def lose(self, topic, error):
        self.lost.append(topic)
        await self.tell()

    async def hear(self, message):
        event = str(message.event)
        self.events.setdefault(event, []).append(message.payload)
        if event == "phx_reply":
            self.answers[message.ref] = message.payload
        elif event == "entry":
            self.take(message.payload)
        await self.tell()

    def take(self, entry):
        if entry["seq"] <= self.since:
            return
        assert entry["seq"] == self.since + 1, f"an entry is missing before {entry}"
        self.since = entry["seq"]
        if entry["change"]["type"] == "list_added":
            self.lists.append(entry["change"]["list"]["name"])

    async def catch_up(self):
        """What was missed, from the log."""
        page = await self.server.call("GET", f"/boards/{self.board['id']}/entries?since={self.since}", self.jwt)
        for entry in page["entries"]:
            self.take(entry)
        self.n_reconnects += 1
        await self.tell()

    async def until(self, look):
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(look)

    async def push(self, event, payload):
        """What a push is answered; nothing when the connection broke before."""
        connection = self.client.connection
        if connection is None or not self.client.is_topic_joined(self.topic):
            return None
        self.next_ref += 1
        ref = f"push-{self.next_ref}"
        join_ref = self.client.get_current_subscriptions()[self.topic].join_ref
        message = make_message(event, self.topic, ref, payload, join_ref)
        try:
            await self.client.get_protocol_handler().send_message(connection, message)
            async with asyncio.timeout(0.5 if self.server.is_restarting else PATIENCE), self.news:
                await self.news.wait_for(lambda: ref in self.answers or self.client.connection is not connection)
        except Exception as error:  # noqa: BLE001
            if not self.server.is_restarting:
                raise error
        return self.answers.get(ref)

    async def propose(self, change):
        """Proposes until it is answered, under one `op`: what was done is done once."""
        op = str(uuid.uuid4())
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self.push("propose", {"op": op, "change": change})
                if answer and answer["response"].get("reason") != "unavailable":
                    assert answer["status"] == "ok", answer
                    return answer["response"]["seq"]
                await asyncio.sleep(0.02)


class PhoenixClient(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        # It reports what the tests do on purpose.
        logging.disable(logging.CRITICAL)
        cls.server = Server()
        cls.server.is_restarting = False

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    async def follow(self, jwt, board, version):
        follower = Follower(self.server, jwt, board, version)
        await self.enterAsyncContext(follower.client)
        await follower.client.subscribe_to_topic(follower.topic, follower.hear)
        return follower

    async def ada_and_her_board(self):
        jwt, user = await self.server.sign_up("Ada")
        return jwt, user, await self.server.make_board(jwt, "Roof")

    async def test_joins_pushes_and_leaves(self):
        jwt, user, board = await self.ada_and_her_board()
        stranger, _ = await self.server.sign_up("Mallory")
        for version in (V1, V2):
            with self.subTest(version):
                follower = await self.follow(jwt, board, version)
                await follower.until(lambda: follower.events.get("presence_state"))
                [state] = follower.events["presence_state"]
                self.assertEqual(state[user["id"]]["metas"][0]["name"], "Ada Example")

                before = (await self.server.call("GET", f"/boards/{board['id']}", jwt))["seq"]
                for number in (1, 2):
                    self.assertEqual(await follower.propose(list_added(f"List {number}")), before + number)
                for event, payload, reason in (
                    ("propose", {"op": str(uuid.uuid4()), "change": list_added(" ")}, "blank"),
                    ("propose", {}, "bad_request"),
                    ("dance", {}, "unknown_event"),
                ):
                    answer = await follower.push(event, payload)
                    self.assertEqual((answer["status"], answer["response"]["reason"]), ("error", reason))

                await follower.client.unsubscribe_from_topic(follower.topic)
                await follower.client.subscribe_to_topic(follower.topic, follower.hear)
                self.assertTrue(follower.client.is_topic_joined(follower.topic))
                for topic, reason in ((f"users:{uuid.uuid4()}", "unauthorized"), ("nowhere:1", "")):
                    # To version 2 an answer without the join's join_ref is none of its own.
                    if reason or version == V1:
                        with self.assertRaisesRegex(PHXTopicError, reason or "unmatched topic"):
                            await follower.client.subscribe_to_topic(topic)
                async with asyncio.timeout(PATIENCE):
                    while follower.n_heartbeats < 2:
                        await asyncio.sleep(0.02)

                foreign = Follower(self.server, stranger, board, version)
                async with foreign.client:
                    with self.assertRaisesRegex(PHXTopicError, "unauthorized"):
                        await foreign.client.subscribe_to_topic(foreign.topic)
                nobody = Follower(self.server, "not.a.token", board, version)
                with self.assertRaises(PHXConnectionError):
                    await nobody.client.__aenter__()

    async def test_entries_reach_everyone_in_order(self):
        jwt, _, board = await self.ada_and_her_board()
        hers, his = await self.follow(jwt, board, V2), await self.follow(jwt, board, V1)
        names = [f"List {number} é💡" for number in range(50)]
        for number, name in enumerate(names):
            self.assertEqual(await hers.propose(list_added(name)), number + 1)
        await his.until(lambda: his.since == len(names))
        self.assertEqual(his.lists, names)
        await his.until(lambda: his.events.get("presence_diff"))

    async def test_who_is_removed_is_told_by_the_end_of_the_channel(self):
        jwt, _, board = await self.ada_and_her_board()
        hers = await self.follow(jwt, board, V2)
        for version in (V1, V2):
            with self.subTest(version):
                other_jwt, other = await self.server.sign_up("Bob")
                self.assertEqual((await hers.push("invite", {"email": other["email"]}))["status"], "ok")
                his = await self.follow(other_jwt, board, version)
                await hers.propose({"type": "member_removed", "user_id": other["id"]})
                await his.until(lambda: his.lost)
                self.assertEqual(his.lost, [his.topic])

    async def test_the_server_goes_and_comes_back(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                jwt, _, board = await self.ada_and_her_board()
                proposer, watcher = await self.follow(jwt, board, V2), await self.follow(jwt, board, V1)
                names = [f"List {number}" for number in range(40)]
                # While it is there, while it goes and is away, and once it is back.
                proposing = asyncio.gather(*(proposer.propose(list_added(name)) for name in names[:20]))
                await watcher.until(lambda: watcher.since >= 3)
                self.server.is_restarting = True
                more = asyncio.gather(*(proposer.propose(list_added(name)) for name in names[20:]))
                code = await asyncio.to_thread(self.server.restart, number)
                self.assertEqual(code, 0 if number == signal.SIGTERM else -number)
                seqs = await proposing + await more
                self.server.is_restarting = False

                self.assertEqual(sorted(seqs), list(range(1, len(names) + 1)))
                await watcher.until(lambda: watcher.since == len(names) and watcher.n_reconnects >= 1)
                self.assertEqual(sorted(watcher.lists), sorted(names))


if __name__ == "__main__":
    unittest.main()
