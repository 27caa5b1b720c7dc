package import SeededRandom

/// Damages texts: changes, removes, repeats and inserts a few bytes.
package struct Mutator {
    package var random: SplitMix64

    private static let inserted: [[UInt8]] = [
        Array("null".utf8), Array("\"\\ud800\"".utf8), Array("[[[[".utf8), Array("{\"type\":".utf8), [0xFF], [0x00],
        Array("1e999".utf8), Array("-".utf8), Array("\\u0000".utf8), Array("\n\n".utf8), Array("\r".utf8),
        Array("data:".utf8),
        Array("99999999999999999999".utf8), [0xEF, 0xBB, 0xBF], Array("\"content\":{}".utf8), Array(",".utf8),
    ]

    package init(seed: UInt64) { random = SplitMix64(seed: seed) }

    package mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.insert(contentsOf: Self.inserted.randomElement(using: &random) ?? [], at: place)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &random)))
            }
        }
        return bytes
    }

    /// Mutates the original until the result is wanted, in a few attempts: most damaged JSON is not JSON any more.
    ///
    /// The last attempt's result is returned whether or not it is wanted.
    package mutating func mutate(_ original: [UInt8], until isWanted: ([UInt8]) -> Bool) -> [UInt8] {
        for _ in 1..<Mutator.tries {
            let bytes = mutate(original)
            if isWanted(bytes) { return bytes }
        }
        return mutate(original)
    }

    private static let tries = 8
}
