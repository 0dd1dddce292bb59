/** The path of a key or certificate, as programs have it behind a flag. */
const PATH = /^(?:~|\.{0,2})\/\S{1,200}$|^[\w.-]{0,100}(?:\.pem|\.key|\.crt|\.cert|id_(?:rsa|ecdsa|ed25519))$/

/** Whether a text is a path where the content of such a file is wanted. Pure. */
export function isPath(text: string): boolean {
  return PATH.test(text.trim())
}
