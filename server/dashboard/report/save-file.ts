/** Lets the browser save a text as a file. */
export function saveFile(name: string, contentType: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${contentType};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
