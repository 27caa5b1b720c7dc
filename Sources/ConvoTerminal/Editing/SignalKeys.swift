import ConvoPlatform

/// The keys by which a person at a terminal sends signals.
struct SignalKeys: Sendable {
    /// The signal of each key.
    let signals: [UInt8: Int32]
    /// The key for a signal; 0 where the terminal has none.
    func key(for signal: Int32) -> wchar_t { signals.first { $0.value == signal }.map { wchar_t($0.key) } ?? 0 }
}

/// Looks for keys that send signals among what was typed ahead, for a terminal that sends none itself.
struct SignalScan {
    private static let beginning = Array(PasteAssembler.beginning.utf8)
    private static let ending = Array(PasteAssembler.ending.utf8)
    private static let escape: UInt8 = 0x1B

    let keys: SignalKeys
    /// How many bytes have been looked at.
    private var place = 0
    private var isPasting = false

    init(_ keys: SignalKeys) { self.keys = keys }

    /// Looks at the bytes that have come since the last call.
    ///
    /// - Parameter bytes: all bytes that wait; until a signal is found, the next call gets the same and those behind them.
    /// - Returns: the first signal whose key is in no paste, and the number of bytes through that key. The next call gets
    ///   the bytes behind those.
    mutating func next(in bytes: ArraySlice<UInt8>) -> (signal: Int32, count: Int)? {
        while place < bytes.count {
            let rest = bytes.dropFirst(place)
            let mark = isPasting ? SignalScan.ending : SignalScan.beginning
            if rest.first == SignalScan.escape, rest.prefix(mark.count).elementsEqual(mark.prefix(rest.count)) {
                guard rest.count >= mark.count else { return nil }
                place += mark.count
                isPasting.toggle()
                continue
            }
            place += 1
            if !isPasting, let signal = keys.signals[rest[rest.startIndex]] {
                defer { place = 0 }
                return (signal, place)
            }
        }
        return nil
    }
}
