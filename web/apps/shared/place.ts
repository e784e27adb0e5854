/** Widgets in their places on the page. */

/** What is called with an element when it is there, and with null when it goes. */
export type Mount = (element: HTMLElement | null) => void

interface Widget {
  mount(host: HTMLElement): void
  dispose(): void
}

/** Makes a widget for a place whenever it is there; `attach` is called with each, and gives what ends what it began. */
export function place<W extends Widget>(
  make: () => W,
  keep: (widget: W | null) => void,
  attach: (element: HTMLElement, widget: W) => () => void,
): Mount {
  let [widget, stop]: [W | null, () => void] = [null, () => {}]
  return (element) => {
    stop()
    stop = () => {}
    widget?.dispose()
    widget = element === null ? null : make()
    keep(widget)
    if (element === null || widget === null) return
    widget.mount(element)
    stop = attach(element, widget)
  }
}
