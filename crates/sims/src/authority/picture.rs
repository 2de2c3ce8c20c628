//! Pictures of a camera record: drawn, never photographed. A road, a car and a strip of marks that stands for the
//! caption; written as a palette PNG.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};

const WIDTH: usize = 480;
const HEIGHT: usize = 270;

/// Sky, road, line, car, glass, tyre, sign, caption.
const PALETTE: [[u8; 3]; 8] = [
    [176, 196, 214],
    [84, 88, 94],
    [238, 238, 232],
    [46, 104, 168],
    [30, 42, 56],
    [20, 20, 22],
    [200, 60, 48],
    [12, 14, 18],
];

struct Canvas(Vec<u8>);

impl Canvas {
    fn fill(&mut self, x: usize, y: usize, w: usize, h: usize, colour: u8) {
        for row in y..(y + h).min(HEIGHT) {
            for column in x..(x + w).min(WIDTH) {
                self.0[row * WIDTH + column] = colour;
            }
        }
    }
}

/// Picture `ordinal` (from 0) of a record: the car moves on from one to the next.
#[must_use]
pub fn draw(serial: &str, ordinal: usize) -> Vec<u8> {
    let seed = serial.bytes().fold(17_usize, |acc, b| acc.wrapping_mul(31).wrapping_add(usize::from(b)));
    let mut canvas = Canvas(vec![0; WIDTH * HEIGHT]);
    canvas.fill(0, 90, WIDTH, HEIGHT, 1);
    for n in 0..8 {
        canvas.fill(n * 64 + 8, 160, 36, 5, 2);
    }
    canvas.fill(0, 100, WIDTH, 4, 2);
    canvas.fill(380, 30, 26, 26, 6);
    canvas.fill(391, 56, 4, 44, 4);
    let x = 60 + seed % 90 + ordinal * 70;
    canvas.fill(x, 176, 130, 34, 3);
    canvas.fill(x + 24, 152, 76, 26, 3);
    canvas.fill(x + 32, 157, 28, 17, 4);
    canvas.fill(x + 66, 157, 28, 17, 4);
    canvas.fill(x + 18, 204, 24, 18, 5);
    canvas.fill(x + 88, 204, 24, 18, 5);
    canvas.fill(x + 118, 186, 10, 8, 2);
    canvas.fill(0, HEIGHT - 28, WIDTH, 28, 7);
    for (n, digit) in serial.bytes().enumerate() {
        canvas.fill(12 + n * 16, HEIGHT - 20, 4 + usize::from(digit % 10), 12, 2);
    }
    png(&canvas.0)
}

fn png(pixels: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity((WIDTH + 1) * HEIGHT);
    for row in pixels.chunks(WIDTH) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(&raw).and_then(|()| encoder.finish()).unwrap_or_default();
    let mut out = vec![0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
    let mut header = Vec::new();
    for side in [WIDTH, HEIGHT] {
        header.extend_from_slice(&u32::try_from(side).unwrap_or(0).to_be_bytes());
    }
    header.extend_from_slice(&[8, 3, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"PLTE", PALETTE.as_flattened());
    chunk(&mut out, *b"IDAT", &packed);
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&kind);
    crc.update(data);
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_png_and_differs_by_record() {
        let one = draw("4201000000000001", 0);
        assert_eq!(&one[..8], &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        assert_ne!(one, draw("4201000000000002", 0));
        assert_ne!(one, draw("4201000000000001", 1));
        assert!(one.len() < 20_000);
    }
}
