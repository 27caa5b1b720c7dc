/// The digest by which the database recognises an API key: SHA-256 of the salt, a zero byte and the key.
///
/// The key itself is never stored. It has more random bits than an attacker can try, so a fast digest is enough.
enum KeyDigest {
    static func hex(of key: String, salt: String) -> String {
        SHA256.hex(SHA256.digest(Array(salt.utf8) + [0] + Array(key.utf8)))
    }
}

/// SHA-256 (FIPS 180-4).
///
/// `convo` links no cryptography package, because one digest at each sync is all that it needs.
enum SHA256 {
    private static let constants: [UInt32] = fractions(of: 64) { $0 * $0 * $0 }
    private static let start: [UInt32] = fractions(of: 8) { $0 * $0 }

    static func digest(_ message: [UInt8]) -> [UInt8] {
        var hasher = Hasher()
        hasher.update(message[...])
        return hasher.finish()
    }

    /// The digest of bytes that come one piece after the other.
    struct Hasher {
        private var state = SHA256.start
        private var rest: [UInt8] = []
        private var count = 0

        mutating func update(_ bytes: ArraySlice<UInt8>) {
            count += bytes.count
            rest += bytes
            let whole = rest.count - rest.count % 64
            for block in stride(from: 0, to: whole, by: 64) { SHA256.compress(rest[block..<block + 64], into: &state) }
            rest.removeFirst(whole)
        }

        consuming func finish() -> [UInt8] {
            let length = count
            var padding: [UInt8] = [0x80]
            while (rest.count + padding.count) % 64 != 56 { padding.append(0) }
            padding += withUnsafeBytes(of: UInt64(length * 8).bigEndian) { Array($0) }
            update(padding[...])
            return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
        }

        consuming func hex() -> String { SHA256.hex(finish()) }
    }

    static func hex(_ digest: [UInt8]) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    fileprivate static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { place in
            block[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (two, fifteen) = (words[index - 2], words[index - 15])
            let one = rotated(two, 17) ^ rotated(two, 19) ^ two >> 10
            let zero = rotated(fifteen, 7) ^ rotated(fifteen, 18) ^ fifteen >> 3
            words.append(one &+ words[index - 7] &+ zero &+ words[index - 16])
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let choice = (e & f) ^ (~e & g)
            let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let one = h &+ sum1 &+ choice &+ constants[index] &+ words[index]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ majority
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
        }
        state = zip(state, [a, b, c, d, e, f, g, h]).map { $0 &+ $1 }
    }

    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    /// The first 32 bits of the fractional parts of roots of the first primes, in exact integer arithmetic: the largest
    /// number whose power is not above the prime times that power of 2³².
    private static func fractions(of count: Int, power: (UInt128) -> UInt128) -> [UInt32] {
        var primes: [UInt128] = []
        var candidate: UInt128 = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            let bound = prime * power(1 << 32)
            // Every root is below 20.
            var (low, high) = (UInt128(0), UInt128(20) << 32)
            while high - low > 1 {
                let middle = (low + high) / 2
                if power(middle) <= bound { low = middle } else { high = middle }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }
}
