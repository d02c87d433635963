// A real server for the tests, and what they do over REST.

import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

const BINARY = process.env.ROOST_SERVER_BIN

/** Starts the program on an address; resolves once it listens. */
async function spawnServer(listen, dataDir){
  const child = spawn(BINARY, ["serve", "--listen", listen, "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exited = new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code, signal) => resolve(code ?? signal))
  })
  const listening = new Promise(resolve => createInterface(child.stdout).once("line", resolve))
  const line = await Promise.race([listening, exited.then(code => `exited with ${code}`)])
  const [, address] = /^listening on http:\/\/(\S+)$/.exec(line) ?? []
  if(!address){ throw new Error(`the server said: ${line}`) }

  /** Sends a signal; what the program exits with. */
  const end = signal => {
    child.kill(signal)
    return exited
  }
  return { address, end }
}

/** Starts the server in ROOST_SERVER_BIN on a free port, with an empty data directory. */
export async function startServer(){
  if(!BINARY){ throw new Error("set ROOST_SERVER_BIN to the path of roost-server") }
  const dataDir = await mkdtemp(join(tmpdir(), "roost-phoenix-js-"))
  let starting = spawnServer("127.0.0.1:0", dataDir)
  const { address } = await starting

  return {
    socketUrl: `ws://${address}/socket`,

    /** Stops it as a service is stopped; what it exits with. */
    async stop(){
      const program = await starting
      const code = await program.end("SIGTERM")
      await rm(dataDir, { recursive: true, force: true })
      return code
    },

    /** Ends it with a signal and starts it again on the same port with the same data; what it exited with. */
    async restart(signal){
      const program = await starting
      const ended = program.end(signal)
      starting = ended.then(() => spawnServer(address, dataDir))
      await starting
      return ended
    },

    async call(method, path, { jwt, body } = {}){
      const response = await fetch(`http://${address}/api/v1${path}`, {
        method,
        headers: {
          ...(jwt && { authorization: `Bearer ${jwt}` }),
          ...(body && { "content-type": "application/json" }),
        },
        body: body && JSON.stringify(body),
      })
      const text = await response.text()
      if(!response.ok){ throw new Error(`${method} ${path}: ${response.status} ${text}`) }
      return text ? JSON.parse(text) : null
    },

    /** Makes an account: `{jwt, user}`. */
    signUp(firstName){
      const email = `${firstName.toLowerCase()}-${randomUUID()}@roost.example`
      const user = { first_name: firstName, last_name: "Example", email, password: "correct horse battery" }
      return this.call("POST", "/registrations", { body: { user } })
    },

    /** Makes a board. */
    makeBoard(person, name){
      return this.call("POST", "/boards", { jwt: person.jwt, body: { board: { name } } })
    },
  }
}
