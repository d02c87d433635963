// The official Phoenix client against a Roost server, unmodified: what works here works for everyone who uses it.

import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import { Presence, Socket } from "phoenix"
import { WebSocket } from "ws"

import { startServer } from "./server.js"

const PATIENCE_MS = 10_000

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

// Version 1 writes objects where the client's own serializer writes arrays.
const V1 = {
  vsn: "1.0.0",
  encode: (message, callback) => callback(JSON.stringify(message)),
  decode: (text, callback) => callback(JSON.parse(text)),
}
const V2 = { vsn: "2.0.0" }

const byParameter = jwt => ({ params: { token: jwt } })
const byAuthToken = jwt => ({ authToken: jwt })

function makeSocket(options){
  const socket = new Socket(server.socketUrl, { transport: WebSocket, ...options })
  sockets.push(socket)
  return socket
}

async function connect(person, options = V2, auth = byParameter){
  const socket = makeSocket({ ...options, ...auth(person.jwt) })
  const opened = new Promise((resolve, reject) => {
    socket.onOpen(resolve)
    socket.onError(error => reject(new Error(`cannot connect: ${error.message}`)))
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
  return { channel, presence, status, response, nextEntry }
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

for(const [version, options] of [["version 1", V1], ["version 2", V2]]){
  for(const [way, auth] of [["params.token", byParameter], ["authToken", byAuthToken]]){
    test(`${version} with ${way}: join, propose, both ways`, async () => {
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
      const done = listAdded("Done")
      assert.deepEqual(await propose(his.channel, done), { status: "ok", response: { seq: 3 } })
      for(const side of [hers, his]){
        const entry = await side.nextEntry()
        assert.deepEqual([entry.seq, entry.actor, entry.change], [3, bob.user.id, done])
      }
    })
  }

  test(`${version}: presence`, async () => {
    const { ada, bob, board, hers, his } = await adaAndBob(options, byParameter)
    const { presence } = hers
    /** Waits until exactly these people are there, each with so many sockets. */
    const untilThereAre = expected => within(`there are ${JSON.stringify(expected)}`, new Promise(resolve => {
      const look = () => {
        const there = presence.list((id, { metas }) => [id, metas.length])
        try {
          assert.deepEqual(Object.fromEntries(there), expected)
          resolve()
        } catch{ /* not yet */ }
      }
      presence.onSync(look)
      look()
    }))
    await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 1 })
    const names = presence.list((_, { metas: [meta] }) => meta.name)
    assert.deepEqual(names.sort(), ["Ada Example", "Bob Example"])

    const second = await joinBoard(await connect(bob, options), board)
    await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 2 })
    assert.equal((await answered(second.channel.leave())).status, "ok")
    await untilThereAre({ [ada.user.id]: 1, [bob.user.id]: 1 })
    his.channel.socket.disconnect()
    await untilThereAre({ [ada.user.id]: 1 })
  })
}

test("what is refused says why, and the channel lives on", async () => {
  const { hers, board } = await adaAndBob(V2, byAuthToken)
  const stranger = await server.signUp("Mallory")
  const socket = await connect(stranger)
  const foreign = await joinBoard(socket, board)
  assert.deepEqual([foreign.status, foreign.response], ["error", { reason: "unauthorized" }])
  const unknown = await answered(socket.channel("nowhere:1").join())
  assert.deepEqual(unknown, { status: "error", response: { reason: "unmatched topic" } })

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

test("a client that was away gets what it missed", async () => {
  const { bob, board, hers, his } = await adaAndBob(V2, byParameter)
  his.channel.socket.disconnect()
  for(const name of ["One", "Two"]){ await propose(hers.channel, listAdded(name)) }
  const back = await joinBoard(await connect(bob), board, { since: 1 })
  assert.deepEqual(back.response.entries.map(entry => entry.seq), [2, 3])
})

test("no token, a bad one and a revoked one are refused", async () => {
  /** The first thing that goes wrong with a socket. */
  const failure = options => within("the socket fails", new Promise(resolve => {
    const socket = makeSocket(options)
    socket.onError(error => {
      socket.disconnect()
      resolve(error.message)
    })
    socket.onOpen(() => resolve("it opened"))
    socket.connect()
  }))
  assert.match(await failure({}), /403/)
  assert.match(await failure({ authToken: "not.a.token" }), /403/)

  const ada = await server.signUp("Ada")
  const socket = await connect(ada)
  const refused = new Promise(resolve => socket.onError(error => resolve(error.message)))
  const closed = new Promise(resolve => socket.onClose(event => resolve(event.code)))
  await server.call("DELETE", "/sessions", { jwt: ada.jwt })
  assert.equal(await within("the socket is closed", closed), 1000)
  // The client connects again by itself.
  assert.match(await within("the socket is refused", refused), /403/)
  assert.match(await failure({ params: { token: ada.jwt } }), /403/)
})
