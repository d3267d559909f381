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

  const CELL = 16;
  const MAX_REGIONS = 40;

  // The share of pixels that differ by more than `slack`, and where, as boxes around cells that touch; where only one
  // picture reaches, all of them do.
  async function compare(left, right, slack = 8) {
    const [a, b] = await Promise.all([pixels(left), pixels(right)]);
    const width = Math.min(a.width, b.width);
    const height = Math.min(a.height, b.height);
    const [one, other] = [new Uint32Array(a.data.buffer), new Uint32Array(b.data.buffer)];
    const columns = Math.ceil(Math.max(a.width, b.width) / CELL);
    const rows = Math.ceil(Math.max(a.height, b.height) / CELL);
    const cells = new Uint16Array(columns * rows);
    let differing = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const i = y * a.width + x;
        const j = y * b.width + x;
        if (one[i] === other[j]) continue;
        const p = i * 4;
        const q = j * 4;
        if (
          Math.abs(a.data[p] - b.data[q]) > slack ||
          Math.abs(a.data[p + 1] - b.data[q + 1]) > slack ||
          Math.abs(a.data[p + 2] - b.data[q + 2]) > slack
        ) {
          differing++;
          cells[((y / CELL) | 0) * columns + ((x / CELL) | 0)]++;
        }
      }
    const outside = a.width * a.height + b.width * b.height - 2 * width * height;
    const total = a.width * a.height + b.width * b.height - width * height;
    const regions = group(cells, columns, rows);
    const tall = Math.max(a.height, b.height);
    if (tall > height) regions.push({ x: 0, y: height, width: Math.max(a.width, b.width), height: tall - height });
    return { share: (differing + outside) / total, regions: regions.slice(-MAX_REGIONS) };
  }

  // Boxes around cells that touch, with one cell between them at most; the largest last.
  function group(cells, columns, rows) {
    const seen = new Uint8Array(cells.length);
    const boxes = [];
    for (let from = 0; from < cells.length; from++) {
      if (seen[from] || cells[from] < 3) continue;
      const box = { left: columns, top: rows, right: 0, bottom: 0 };
      const stack = [from];
      seen[from] = 1;
      while (stack.length) {
        const at = stack.pop();
        const x = at % columns;
        const y = (at / columns) | 0;
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x);
        box.top = Math.min(box.top, y);
        box.bottom = Math.max(box.bottom, y);
        for (let dy = -2; dy <= 2; dy++)
          for (let dx = -2; dx <= 2; dx++) {
            const next = (y + dy) * columns + x + dx;
            if (x + dx < 0 || x + dx >= columns || y + dy < 0 || y + dy >= rows || seen[next] || cells[next] < 3) continue;
            seen[next] = 1;
            stack.push(next);
          }
      }
      boxes.push({ x: box.left * CELL, y: box.top * CELL, width: (box.right - box.left + 1) * CELL, height: (box.bottom - box.top + 1) * CELL });
    }
    return boxes.sort((a, b) => a.width * a.height - b.width * b.height);
  }

  return { uniform, compare };
})();
