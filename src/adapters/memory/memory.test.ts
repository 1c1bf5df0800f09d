import { describeLedger } from '../../ports/ledger.contract.ts'
import { describeVirtualKeys } from '../../ports/virtual-keys.contract.ts'
import { emptyKeyRegister } from './key-register.ts'
import { memoryLedger } from './ledger.ts'
import { memoryVirtualKeys } from './virtual-keys.ts'

const close = async (): Promise<void> => {}

describeVirtualKeys('memory', async () => ({ keys: memoryVirtualKeys(emptyKeyRegister()), close }))

describeLedger('memory', async () => {
  const register = emptyKeyRegister()
  const ledger = memoryLedger(register)
  return { store: ledger, reader: ledger, keys: memoryVirtualKeys(register), close }
})
