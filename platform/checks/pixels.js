// Runs in the robot's own blank page: reads screenshots, which are data, never code.
globalThis.hillclimbPixels = (() => {
  async function pixels(base64) {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }

  // Whether every pixel is the first one, give or take `slack` of 255 in each channel.
  async function uniform(base64, slack = 4) {
    const { data } = await pixels(base64);
    for (let at = 4; at < data.length; at += 4)
      for (let channel = 0; channel < 3; channel++)
        if (Math.abs(data[at + channel] - data[channel]) > slack) return false;
    return true;
  }

  // The share of pixels that differ by more than `slack`; where only one picture reaches, all of them do.
  async function difference(left, right, slack = 8) {
    const [a, b] = await Promise.all([pixels(left), pixels(right)]);
    const width = Math.min(a.width, b.width);
    const height = Math.min(a.height, b.height);
    let differing = a.width * a.height + b.width * b.height - 2 * width * height;
    const total = a.width * a.height + b.width * b.height - width * height;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const i = (y * a.width + x) * 4;
        const j = (y * b.width + x) * 4;
        if (
          Math.abs(a.data[i] - b.data[j]) > slack ||
          Math.abs(a.data[i + 1] - b.data[j + 1]) > slack ||
          Math.abs(a.data[i + 2] - b.data[j + 2]) > slack
        )
          differing++;
      }
    return differing / total;
  }

  return { uniform, difference };
})();
