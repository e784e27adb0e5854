/** The integrity inspector: what was proven, what was not, and the very levels that a checksum was made of. */

import type { IntegrityModel, ProofFault, ProofLevel } from '@havklo/kit'

import { Dialog } from './dialog.js'
import { Levels } from './levels.js'

interface Properties {
  readonly model: IntegrityModel
  /** The faults that can be ordered; none outside of simulations. */
  readonly faults: readonly string[]
  readonly onFault: (fault: string) => void
  readonly onExport: () => void
  readonly onClose: () => void
}

export function Inspector({ model, faults, onFault, onExport, onClose }: Properties) {
  const [fault] = model.faults
  const count = (label: string, value: string | number | null, unit = '') => (
    <div>
      <dt>{label}</dt>
      <dd class="mono">{value === null ? '\u2013' : `${value}${unit}`}</dd>
    </div>
  )
  const us = (value: number | undefined) => (value === undefined ? null : value.toFixed(1))
  return (
    <Dialog label={`Integrity of ${model.symbol}`} kind="side" onClose={onClose}>
      <div class="dialog-head">
        <h2>Integrity</h2>
        <span>{model.symbol}</span>
        <span class="space" />
        <button class="button" onClick={onClose}>
          Close
        </button>
      </div>
      <div class="inspector" tabIndex={0} role="group" aria-label="Figures">
        <dl class="counts">
          {count('State', model.standing)}
          {count('Messages', model.messages)}
          {count('Proven', model.verified)}
          {count('Wrong sums', model.checksumFaults)}
          {count('Given up', model.desyncs)}
          {count('Resyncs', model.resyncs)}
          {count('Gaps in trades', model.gaps)}
          {count('Reconnects', model.reconnects)}
          {count('Proof, last', us(model.verifyUs?.last), ' µs')}
          {count('Proof, average', us(model.verifyUs?.average), ' µs')}
          {count('Proof, p95', us(model.verifyUs?.p95), ' µs')}
          {count('Round trip', model.rttMs === null ? null : model.rttMs.toFixed(1), ' ms')}
        </dl>
        {faults.length > 0 && (
          <div class="row">
            <span>Inject into the simulator</span>
            {faults.map((name) => (
              <button key={name} class="button" onClick={() => onFault(name)}>
                {name}
              </button>
            ))}
          </div>
        )}
        <div class="row">
          <button class="button" onClick={onExport}>
            Export incident (E)
          </button>
        </div>
        {fault !== undefined && <Fault fault={fault} />}
        <h3>Last proven message: {model.checksum === null ? 'none yet' : <Sum value={model.checksum} />}</h3>
        <Proof levels={model.levels} label="The levels that this sum is made of" />
        {model.faults.length > 1 && (
          <>
            <h3>Before</h3>
            <ul class="before mono">
              {model.faults.slice(1, 12).map((each) => (
                <li key={each.time}>
                  {clock(each.time)} {each.reason} {healed(each)}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  )
}

function Fault({ fault }: { readonly fault: ProofFault }) {
  return (
    <section class="fault">
      <h3>
        {clock(fault.time)}: {fault.reason}, {healed(fault)}
      </h3>
      <dl class="sums">
        <div>
          <dt>Expected by Kraken</dt>
          <dd>{fault.expected === null ? '\u2013' : <Sum value={fault.expected} />}</dd>
        </div>
        <div>
          <dt>Computed here</dt>
          <dd>{fault.computed === null ? '\u2013' : <Sum value={fault.computed} />}</dd>
        </div>
      </dl>
      {fault.levels.length > 0 && <Proof levels={fault.levels} label="The levels that made the computed sum" />}
    </section>
  )
}

function Proof({ levels, label }: { readonly levels: readonly ProofLevel[]; readonly label: string }) {
  const of = (side: ProofLevel['side']) => levels.filter((level) => level.side === side)
  return <Levels caption={label} bids={of('bid')} asks={of('ask')} />
}

function Sum({ value }: { readonly value: number }) {
  return (
    <span class="mono">
      {value} <small>0x{value.toString(16).padStart(8, '0')}</small>
    </span>
  )
}

function healed({ healedMs }: ProofFault): string {
  return healedMs === null ? 'not healed yet' : `healed after ${Math.round(healedMs)} ms`
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23)
}
