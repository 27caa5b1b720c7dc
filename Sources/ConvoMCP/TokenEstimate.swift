import ConvoJSON

/// How many tokens a text has at most, for models whose vocabulary nobody has here.
///
/// Each character costs what it takes in random text of its kind, which is the worst case: English has about half of its
/// estimate. The figures are those of Mistral's Tekken, measured on 2,000 random characters of each kind and rounded up. No
/// tokenizer of bytes makes more tokens than bytes, which is the estimate for rare scripts and emoji.
enum TokenEstimate {
    /// The most tokens of a result, in all its forms together.
    static let resultLimit = 8000
    private static let scale = 100

    /// The most tokens that a text has.
    static func tokens(in text: String) -> Int {
        var hundredths = 0
        for scalar in text.unicodeScalars { hundredths += cost(of: scalar.value) }
        return (hundredths + scale - 1) / scale
    }

    /// In hundredths of a token.
    private static func cost(of scalar: UInt32) -> Int {
        switch scalar {
        case 0x61...0x7A: 65  // a…z
        case 0x41...0x5A: 90  // A…Z
        case 0x20: 40
        case 0x30...0x39, 0..<0x20: 100
        case ..<0x80: 80
        case 0xC0...0x17F: 135
        case 0x391...0x3C9, 0x410...0x44F, 0x5D0...0x5EA, 0x621...0x64A: 120  // Greek, Cyrillic, Hebrew, Arabic
        case ..<0x800: 200
        case 0x0905...0x0939, 0x0E01...0x0E4E, 0x3041...0x30FF: 130  // Devanagari, Thai, kana
        case 0x4E00...0x9FFF: 215
        case 0xAC00...0xD7A3: 230
        case ..<0x10000: 300
        default: 400
        }
    }
}

/// What is left of the tokens that a result may have.
struct TokenBudget {
    private(set) var left: Int

    init(_ tokens: Int = TokenEstimate.resultLimit) { left = tokens }

    /// Takes the tokens of texts, if they are left.
    ///
    /// - Parameter texts: the texts.
    /// - Returns: whether they were left; otherwise nothing was taken.
    mutating func take(_ texts: String...) -> Bool {
        let cost = texts.reduce(0) { $0 + TokenEstimate.tokens(in: $1) }
        guard cost <= left else { return false }
        left -= cost
        return true
    }
}
