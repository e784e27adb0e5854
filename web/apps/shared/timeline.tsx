/** The timeline: what can be reached, what happened there, and where playback stands. */

import type { EventMark, TimelineModel } from '@havklo/kit'

interface Properties {
  readonly model: TimelineModel
  readonly onSeek: (ms: number) => void
  readonly onEvent: (by: 1 | -1) => void
  readonly onPlay: () => void
  readonly onSpeed: (by: 1 | -1) => void
  readonly onLive: () => void
}

const WORDS: Readonly<Record<EventMark['kind'], string>> = {
  desync: 'checksum or structure',
  resync: 'healed',
  disconnect: 'connection lost',
  reconnect: 'connected again',
  large_trade: 'large trade',
  wall_pulled: 'wall pulled',
  spread: 'spread',
  gap: 'trades missing',
}

export function Timeline({ model, onSeek, onEvent, onPlay, onSpeed, onLive }: Properties) {
  const { from, to, at, speed, mode, events } = model
  const part = (ms: number) => (to <= from ? 0 : (100 * (ms - from)) / (to - from))
  return (
    <div class="timeline" role="group" aria-label="Playback">
      <button class="button" aria-label="Previous event" title="Previous event ([)" onClick={() => onEvent(-1)}>
        [
      </button>
      <button class="button play" onClick={onPlay} title="Space">
        {mode === 'paused' ? 'Play' : 'Pause'}
      </button>
      <button class="button" aria-label="Next event" title="Next event (])" onClick={() => onEvent(1)}>
        ]
      </button>
      <button class="button mono wide" aria-label="Slower" title="Slower (,)" onClick={() => onSpeed(-1)}>
        {'\u2212'}
      </button>
      <span class="mono speed">{speed}×</span>
      <button class="button mono wide" aria-label="Faster" title="Faster (.)" onClick={() => onSpeed(1)}>
        +
      </button>
      <span class="mono clock">{clock(at)}</span>
      <div class="track">
        <div class="marks" aria-hidden="true">
          {visible(events, from, to).map((mark, place) => (
            <i
              key={place}
              data-severity={mark.severity}
              style={{ left: `${part(mark.time)}%` }}
              title={`${clock(mark.time)} ${WORDS[mark.kind]}: ${mark.label}`}
              onClick={() => onSeek(mark.time)}
            />
          ))}
        </div>
        <input
          type="range"
          aria-label="Time"
          aria-valuetext={clock(at)}
          min={from}
          max={Math.max(to, from + 1)}
          step={1}
          value={at}
          onInput={({ currentTarget }) => onSeek(Number(currentTarget.value))}
        />
      </div>
      <span class="mono behind">{behind(to - at)}</span>
      <button class="button" onClick={onLive} title="Live (L)">
        Live
      </button>
    </div>
  )
}

/** At most one mark a thousandth of the line, the gravest: more cannot be told apart. */
function visible(events: readonly EventMark[], from: number, to: number): EventMark[] {
  const kept = new Map<number, EventMark>()
  for (const mark of events) {
    if (mark.time < from || mark.time > to) continue
    const place = Math.floor((500 * (mark.time - from)) / Math.max(1, to - from))
    const before = kept.get(place)
    if (before === undefined || mark.severity > before.severity) kept.set(place, mark)
  }
  return [...kept.values()]
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 22)
}

function behind(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `\u2212${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
