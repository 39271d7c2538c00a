/** Makes a camera's picture small enough to send over a phone's network: nothing shows more than this many pixels. */

const LONGEST_SIDE = 2000;
const QUALITY = 0.88;

/** The picture as it goes to the API: smaller where the browser can read it and it is larger, else as it is. */
export async function shrunk(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return file; // A kind that this browser cannot read, such as HEIC: the API reads it.
  }
  const scale = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
  try {
    if (scale >= 1) return file;
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff'; // JPEG has no transparency.
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const smaller = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', QUALITY); });
    return smaller ?? file;
  } finally {
    bitmap.close();
  }
}
