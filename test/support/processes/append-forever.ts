/** Appends numbered entries to the spool in `argv[2]` until it is killed, and says after each that it was kept. */
import { writeSync } from 'node:fs'
import { openSpool } from '../../../src/adapters/spool/open-spool.ts'
import { holdFile } from '../../../src/adapters/system/hold-file.ts'
import { makeEntry } from '../entries.ts'

const [, , dir = '', first = '0'] = process.argv
const log = { info: () => {}, warn: () => {}, error: () => {} }
const spool = openSpool({ dir, holdFile, log, store: { keep: () => Promise.reject(new Error('no store here')) } })

const STDOUT = 1
for (let number = Number(first); ; number += 1) {
  spool.append(makeEntry(number))
  writeSync(STDOUT, `${number}\n`)
}
