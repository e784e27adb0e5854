declare module 'pngjs' {
  export class PNG {
    static readonly sync: {
      read(data: Buffer): PNG
      write(image: PNG): Buffer
    }
    constructor(size: { readonly width: number; readonly height: number })
    readonly width: number
    readonly height: number
    readonly data: Buffer
  }
}
