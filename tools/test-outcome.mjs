// What a run of the tests comes to. A machine that does too much at once can fail a test that is right, so a few files that
// failed are tried once more with the machine to themselves; what that mended is told by name.
import { readFileSync } from 'node:fs'

const FEW = 3

export function readOutcome(path, code) {
  let outcome
  try {
    outcome = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { files: {}, faults: 1 }
  }
  return code !== 0 && countsOf(outcome).failed === 0 ? { ...outcome, faults: 1 } : outcome
}

export function doubtful({ files, faults }) {
  const failed = Object.keys(files).filter((name) => files[name].failed.length > 0)
  return faults === 0 && failed.length <= FEW ? failed : []
}

export function withSecondTry(first, second) {
  const tried = Object.keys(second.files)
  const mended = tried.flatMap((name) =>
    first.files[name].failed.filter((test) => !second.files[name].failed.includes(test)),
  )
  return {
    outcome: { files: { ...first.files, ...second.files }, faults: first.faults + second.faults },
    mended,
  }
}

export function countsOf({ files, faults }) {
  let passed = 0
  let failed = faults
  for (const file of Object.values(files)) {
    passed += file.passed
    failed += file.failed.length
  }
  return { passed, failed }
}
