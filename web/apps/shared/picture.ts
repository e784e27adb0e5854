/** A picture of the page as it is: its surfaces, canvases and texts, drawn once more onto one canvas. */

/** Draws what is visible of `root`. Nothing of it leaves the page. */
export async function picture(root: HTMLElement): Promise<Blob> {
  const { left, top, width, height } = root.getBoundingClientRect()
  const canvas = document.createElement('canvas')
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser draws no pictures')
  context.scale(scale, scale)
  context.translate(-left, -top)
  context.fillStyle = getComputedStyle(document.documentElement).backgroundColor
  context.fillRect(left, top, width, height)
  paint(context, root)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('the picture is empty')) : resolve(blob)), 'image/png')
  })
}

function paint(context: CanvasRenderingContext2D, element: Element): void {
  const style = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  if (style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0') return
  // What is only there for screen readers is one pixel large.
  if (box.width <= 1 || box.height <= 1) return
  context.save()
  context.fillStyle = style.backgroundColor
  context.beginPath()
  context.roundRect(box.x, box.y, box.width, box.height, Number.parseFloat(style.borderTopLeftRadius) || 0)
  context.fill()
  if (style.overflowX !== 'visible') context.clip()
  if (element instanceof HTMLCanvasElement) context.drawImage(element, box.x, box.y, box.width, box.height)
  else for (const child of element.childNodes) {
    if (child instanceof Element) paint(context, child)
    else if (child instanceof Text) write(context, child, style)
  }
  context.restore()
}

function write(context: CanvasRenderingContext2D, text: Text, style: CSSStyleDeclaration): void {
  const words = text.data.trim()
  if (words === '') return
  const range = document.createRange()
  range.selectNodeContents(text)
  const box = range.getBoundingClientRect()
  if (box.width === 0) return
  context.fillStyle = style.color
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
  context.letterSpacing = style.letterSpacing === 'normal' ? '0px' : style.letterSpacing
  context.textBaseline = 'middle'
  context.fillText(words, box.x, box.y + box.height / 2, box.width + 1)
}

/** Hands a file to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const anchor = document.createElement('a')
  anchor.href = address
  anchor.download = name
  anchor.click()
  // The browser takes hold of it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** A time in a file's name. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[:.]/g, '-')
}
