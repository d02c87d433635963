// The official Phoenix client against a Roost server, unmodified: what works here works for everyone who uses it.
//
// Everything runs over both transports and both versions of the protocol.

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { LongPoll, Presence, Socket } from "phoenix"
import { WebSocket } from "ws"

import { startServer } from "./server.js"

const PATIENCE_MS = 20_000

let server
const sockets = []

before(async () => { server = await startServer() })
after(async () => {
  for(const socket of sockets){ socket.disconnect() }
  assert.equal(await server.stop(), 0)
})

/** A promise, or an error that says what did not happen in time. */
function within(what, promise){
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), PATIENCE_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

// The client writes version 2 whatever it is told when its own long poll is the transport; a class of another name
// lets it use the serializer that it is given.
class Polling extends LongPoll {}

// Version 1 writes objects where the client's own serializer writes arrays.
const V1 = {
  vsn: "1.0.0",
  encode: (message, callback) => callback(JSON.stringify(message)),
  decode: (text, callback) => callback(JSON.parse(text)),
}
const V2 = { vsn: "2.0.0" }

const WAYS = [
  ["WebSocket, version 1", { transport: WebSocket, ...V1 }],
  ["WebSocket, version 2", { transport: WebSocket, ...V2 }],
  ["long poll, version 1", { transport: Polling, ...V1 }],
  ["long poll, version 2", { transport: LongPoll, ...V2 }],
]

// So that what is made anew is made soon.
const IMPATIENT = { reconnectAfterMs: () => 20, rejoinAfterMs: () => 20 }

const byParameter = jwt => ({ params: { token: jwt } })
const byAuthToken = jwt => ({ authToken: jwt })

/** What a socket's error says: a WebSocket gives an error, long poll a status, or nothing where there was no answer. */
const said = error => String(error?.message ?? error)

function makeSocket(options){
  const socket = new Socket(server.socketUrl, { ...IMPATIENT, ...options })
  sockets.push(socket)
  return socket
}

async function connect(person, options, auth = byParameter){
  const socket = makeSocket({ ...options, ...auth(person.jwt) })
  const opened = new Promise((resolve, reject) => {
    socket.onOpen(resolve)
    socket.onError(error => reject(new Error(`cannot connect: ${said(error)}`)))
  })
  socket.connect()
  await within("the socket opens", opened)
  return socket
}

/** What a push or a join is answered. */
function answered(push){
  return within("an answer", new Promise((resolve, reject) => {
    push.receive("ok", response => resolve({ status: "ok", response }))
      .receive("error", response => resolve({ status: "error", response }))
      .receive("timeout", () => reject(new Error("the client's own time was over")))
  }))
}

/** Resolves when a function that is called again and again after `changed` gives something. */
function until(what, subscribe, look){
  return within(what, new Promise(resolve => {
    const again = () => {
      const found = look()
      if(found){ resolve(found) }
    }
    subscribe(again)
    again()
  }))
}

async function joinBoard(socket, board, payload = {}){
  const channel = socket.channel(`boards:${board.id}`, payload)
  const presence = new Presence(channel)
  const entries = []
  const waiting = []
  channel.on("entry", entry => waiting.length > 0 ? waiting.shift()(entry) : entries.push(entry))
  const nextEntry = () => within("an entry", new Promise(resolve => {
    entries.length > 0 ? resolve(entries.shift()) : waiting.push(resolve)
  }))
  const { status, response } = await answered(channel.join())
  return { channel, presence, status, response, entries, nextEntry }
}

const listAdded = name => ({ type: "list_added", list: { id: randomUUID(), name, position: "a0" } })
const propose = (channel, change) => answered(channel.push("propose", { op: randomUUID(), change }))

async function adaAndBob(options, auth){
  const [ada, bob] = await Promise.all([server.signUp("Ada"), server.signUp("Bob")])
  const board = await server.makeBoard(ada, "Roof")
  const hers = await joinBoard(await connect(ada, options, auth), board)
  const invited = await answered(hers.channel.push("invite", { email: bob.user.email }))
  assert.equal(invited.status, "ok")
  const his = await joinBoard(await connect(bob, options, auth), board)
  return { ada, bob, board, hers, his }
}

/** Follows a board across whatever happens: joins with what it has, and keeps what it was told. */
class Follower {
  constructor(socket, board){
    this.since = 0
    /** The names of the lists, in the order of the entries that made them. */
    this.lists = []
    this.joins = 0
    this.watchers = []
    this.channel = socket.channel(`boards:${board.id}`, () => ({ since: this.since }))
    this.channel.on("entry", entry => this.take(entry))
    this.joined = answered(this.channel.join().receive("ok", answer => {
      this.joins += 1
      if(answer.board){
        // The whole board, where that is shorter than what was missed.
        this.since = answer.seq
        this.lists = answer.board.lists.map(({ name }) => name)
      }
      for(const entry of answer.entries ?? []){ this.take(entry) }
      this.tell()
    }))
  }

  take(entry){
    assert.equal(entry.seq, this.since + 1, "no entry is missed, and none told twice")
    this.since = entry.seq
    this.lists.push(entry.change.list.name)
    this.tell()
  }

  tell(){ for(const watcher of this.watchers){ watcher() } }

  until(what, look){ return until(what, watcher => this.watchers.push(watcher), look) }

  /** Proposes until it is answered, under one `op`: what was done is done once. */
  async propose(change){
    const op = randomUUID()
    for(;;){
      const answer = await new Promise(resolve => {
        this.channel.push("propose", { op, change }, 500)
          .receive("ok", response => resolve(response))
          .receive("error", refusal => resolve(refusal.reason === "unavailable" ? null : { refusal }))
          .receive("timeout", () => resolve(null))
      })
      assert.equal(answer?.refusal, undefined)
      if(answer){ return { op, seq: answer.seq } }
    }
  }
}

for(const [way, options] of WAYS){
  describe(way, { timeout: 120_000 }, () => {
    for(const [name, auth] of [["params.token", byParameter], ["authToken", byAuthToken]]){
      test(`with ${name}: join, propose, both ways`, async () => {
        const { ada, bob, board, hers, his } = await adaAndBob(options, auth)
        assert.equal(hers.response.seq, 0)
        assert.equal(hers.response.board.id, board.id)
        assert.equal(his.response.seq, 1)
        assert.equal((await hers.nextEntry()).change.type, "member_added")

        const todo = listAdded("To do")
        assert.deepEqual(await propose(hers.channel, todo), { status: "ok", response: { seq: 2 } })
        for(const side of [hers, his]){
          const entry = await side.nextEntry()
          assert.deepEqual([entry.seq, entry.actor, entry.change], [2, ada.user.id, todo])
        }
        const done = listAdded("Done é💡")
        assert.deepEqual(await propose(his.channel, done), { status: "ok", response: { seq: 3 } })
        for(const side of [hers, his]){
          const entry = await side.nextEntry()
          assert.deepEqual([entry.seq, entry.actor, entry.change], [3, bob.user.id, done])
        }
      })
    }

    test("many pushes at once are answered in order", async () => {
      const { hers, his } = await adaAndBob(options)
      const answers = await Promise.all(Array.from({ length: 250 }, (_, n) => propose(hers.channel, listAdded(`${n}`))))
      assert.deepEqual(answers.map(({ response }) => response.seq), Array.from({ length: 250 }, (_, n) => n + 2))
      for(let n = 0; n < 250; n++){
        const entry = await his.nextEntry()
        assert.deepEqual([entry.seq, entry.change.list.name], [n + 2, `${n}`])
      }
    })

    test("presence", async () => {
      const { ada, bob, board, hers, his } = await adaAndBob(options)
      const { presence } = hers
      /** Waits until exactly these people are there, each with so many sockets. */
      const untilThereAre = expected => until(`there are ${JSON.stringify(expected)}`, look => presence.onSync(look), () => {
        const there = Object.fromEntries(presence.list((id, { metas }) => [id, metas.length]))
        try {
          assert.deepEqual(there, expected)
          return true
        } catch{
          return false
        }
      })
      await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 1 })
      const names = presence.list((_, { metas: [meta] }) => meta.name)
      assert.deepEqual(names.sort(), ["Ada Example", "Bob Example"])

      const second = await joinBoard(await connect(bob, options), board)
      await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 2 })
      assert.equal((await answered(second.channel.leave())).status, "ok")
      await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 1 })
      assert.equal((await answered(his.channel.leave())).status, "ok")
      await untilThereAre({ [ada.user.id]: 1 })
    })

    test("what is refused says why, and the channel lives on", async () => {
      const { hers, board } = await adaAndBob(options, byAuthToken)
      const stranger = await server.signUp("Mallory")
      const socket = await connect(stranger, options)
      const foreign = await joinBoard(socket, board)
      assert.deepEqual([foreign.status, foreign.response], ["error", { reason: "unauthorized" }])
      const unknown = await answered(socket.channel("nowhere:1").join())
      assert.deepEqual(unknown, { status: "error", response: { reason: "unmatched topic" } })
      socket.disconnect()

      for(const [event, payload, reason] of [
        ["propose", { op: randomUUID(), change: listAdded("   ") }, "blank"],
        ["propose", { op: "1", change: listAdded("To do") }, "bad_request"],
        ["propose", {}, "bad_request"],
        ["invite", { email: "nobody@roost.example" }, "no_such_user"],
        ["dance", {}, "unknown_event"],
      ]){
        const { status, response } = await answered(hers.channel.push(event, payload))
        assert.deepEqual([status, response.reason], ["error", reason])
        assert.notEqual(response.message, "")
      }
      assert.equal((await propose(hers.channel, listAdded("To do"))).status, "ok")
    })

    test("leaving, joining again, and joining twice", async () => {
      const { ada, board, hers } = await adaAndBob(options)
      const socket = await connect(ada, options)
      const first = await joinBoard(socket, board)
      const closed = new Promise(resolve => first.channel.onClose(resolve))
      assert.equal((await answered(first.channel.leave())).status, "ok")
      await within("the channel is closed", closed)
      await propose(hers.channel, listAdded("One"))

      const second = await joinBoard(socket, board, { since: 1 })
      assert.deepEqual(second.response.entries.map(entry => entry.seq), [2])
      await propose(hers.channel, listAdded("Two"))
      assert.equal((await second.nextEntry()).seq, 3)
      // Version 1 does not say which join a message is of: the client would take the end of its first channel on a
      // topic for that of the second.
      if(options.vsn === V1.vsn){ return }

      // A second channel on the topic takes the place of the first.
      const replaced = new Promise(resolve => second.channel.onClose(resolve))
      const third = await joinBoard(socket, board, { since: 3 })
      assert.deepEqual(third.response.entries, [])
      await within("the other channel is closed", replaced)
      await propose(hers.channel, listAdded("Three"))
      assert.equal((await third.nextEntry()).seq, 4)
      assert.deepEqual([first.entries, second.entries, third.entries], [[], [], []])
      assert.equal((await propose(third.channel, listAdded("Four"))).status, "ok")
    })

    test("a client that was away gets what it missed", async () => {
      const { bob, board, hers, his } = await adaAndBob(options)
      his.channel.socket.disconnect()
      for(const name of ["One", "Two"]){ await propose(hers.channel, listAdded(name)) }
      const back = await joinBoard(await connect(bob, options), board, { since: 1 })
      assert.deepEqual(back.response.entries.map(entry => entry.seq), [2, 3])
    })

    test("who is removed is told so, and only of that board", async () => {
      const { bob, board, hers, his } = await adaAndBob(options)
      const own = his.channel.socket.channel(`users:${bob.user.id}`)
      const removed = new Promise(resolve => own.on("board_removed", resolve))
      assert.equal((await answered(own.join())).status, "ok")
      const closed = new Promise(resolve => his.channel.onClose(resolve))
      const gone = { type: "member_removed", user_id: bob.user.id }
      assert.equal((await propose(hers.channel, gone)).status, "ok")
      assert.deepEqual(await within("they are told", removed), { board_id: board.id })
      await within("the channel is closed", closed)
      assert.equal((await answered(own.push("dance", {}))).response.reason, "unknown_event")
    })

    for(const signal of ["SIGTERM", "SIGKILL"]){
      test(`the server goes with ${signal} and comes back`, async () => {
        const ada = await server.signUp("Ada")
        const board = await server.makeBoard(ada, "Roof")
        const proposer = new Follower(await connect(ada, options), board)
        const watcher = new Follower(await connect(ada, options), board)
        await Promise.all([proposer.joined, watcher.joined])

        // Before, while it goes, while it is away, and once it is back.
        const names = Array.from({ length: 60 }, (_, n) => `List ${n}`)
        const proposals = names.map(async (name, n) => {
          await proposer.until("its turn", () => proposer.since >= n - 19)
          return proposer.propose(listAdded(name))
        })
        await watcher.until("the first entries", () => watcher.since >= 5)
        const code = await server.restart(signal)
        assert.equal(code, signal === "SIGTERM" ? 0 : signal)
        const done = await within("everything is proposed", Promise.all(proposals))

        for(const follower of [proposer, watcher]){
          await follower.until("all entries", () => follower.since >= names.length)
          assert.equal(follower.since, names.length)
          assert.deepEqual(follower.lists.toSorted(), names.toSorted())
          assert.ok(follower.joins >= 2, `${follower.joins} joins`)
          follower.channel.socket.disconnect()
        }
        // What was answered is what the log says.
        const { entries } = await server.call("GET", `/boards/${board.id}/entries?since=0`, { jwt: ada.jwt })
        const seqs = new Map(entries.map(({ op, seq }) => [op, seq]))
        assert.equal(seqs.size, names.length)
        for(const { op, seq } of done){ assert.equal(seqs.get(op), seq) }
      })
    }

    test("no token, a bad one and a revoked one are refused", async () => {
      const refusal = options.transport === WebSocket ? /403/ : /^403$/
      /** The first thing that goes wrong with a socket. */
      const failure = auth => within("the socket fails", new Promise(resolve => {
        const socket = makeSocket({ ...options, ...auth })
        socket.onError(error => {
          socket.disconnect()
          resolve(said(error))
        })
        socket.onOpen(() => resolve("it opened"))
        socket.connect()
      }))
      assert.match(await failure({}), refusal)
      assert.match(await failure({ authToken: "not.a.token" }), refusal)

      const ada = await server.signUp("Ada")
      const socket = await connect(ada, options)
      const refused = new Promise(resolve => socket.onError(error => {
        if(refusal.test(said(error))){ resolve() }
      }))
      const closed = new Promise(resolve => socket.onClose(event => resolve(event.code)))
      await server.call("DELETE", "/sessions", { jwt: ada.jwt })
      // Long poll answers 403, for which the client's own code is 1008.
      assert.equal(await within("the socket is closed", closed), options.transport === WebSocket ? 1000 : 1008)
      // The client connects again by itself.
      await within("the socket is refused", refused)
      socket.disconnect()
      assert.match(await failure({ params: { token: ada.jwt } }), refusal)
    })
  })
}

test("where WebSockets are blocked the client takes long poll by itself", async () => {
  class Blocked {
    constructor(){ setTimeout(() => this.onerror(new Error("blocked")), 0) }

    close(){}
  }
  const ada = await server.signUp("Ada")
  const board = await server.makeBoard(ada, "Roof")
  const socket = makeSocket({ transport: Blocked, longPollFallbackMs: 10_000, ...byParameter(ada.jwt) })
  const opened = new Promise(resolve => socket.onOpen(resolve))
  socket.connect()
  await within("the socket opens", opened)
  assert.equal(socket.transport, LongPoll)
  const { channel, response } = await joinBoard(socket, board)
  assert.equal(response.seq, 0)
  assert.deepEqual(await propose(channel, listAdded("To do")), { status: "ok", response: { seq: 1 } })
})
