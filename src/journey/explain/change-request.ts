import type { JsonObject } from '../../domain/json.ts'
import type { Change } from './scene.ts'

/** What the caller itself can do otherwise. */

/** Undefined: without the header. */
export function changeHeader(name: string, value: string | undefined): Change {
  const say = value === undefined ? `Leave the header ${name} out.` : `Send the header ${name}: ${value}.`
  return {
    say,
    steps: [{ request: { headers: { [name]: value ?? null } } }],
    imagine: (scene) => {
      const headers = new Map(scene.call.headers)
      if (value === undefined) headers.delete(name)
      else headers.set(name, value)
      return { ...scene, call: { ...scene.call, headers } }
    },
  }
}

/** `null` leaves a member out. */
export function changeBody(say: string, members: JsonObject): Change {
  return {
    say,
    steps: [{ request: { body: members } }],
    imagine: (scene) => {
      const all = Object.entries({ ...scene.call.body, ...members })
      return { ...scene, call: { ...scene.call, body: Object.fromEntries(all.filter(([, value]) => value !== null)) } }
    },
  }
}

/** The model stands in the path of some routes. */
export function askForModel(model: string): Change {
  return {
    say: `Ask for the model ${model}.`,
    steps: [{ request: { body: { model } } }],
    imagine: (scene) => ({
      ...scene,
      call: {
        ...scene.call,
        pathModel: scene.call.pathModel === undefined ? undefined : model,
        body: { ...scene.call.body, model },
      },
    }),
  }
}
