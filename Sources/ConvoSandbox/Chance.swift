/// How often a fault strikes: `0` never, `0.2` one request in five by the dice, `every-5` each fifth.
public enum Chance: Hashable, Sendable, CustomStringConvertible {
    case never
    case probability(Double)
    case every(Int)

    public init?(_ text: String) {
        if text.hasPrefix("every-") {
            guard let count = Int(text.dropFirst("every-".count)), count > 0 else { return nil }
            self = .every(count)
        } else {
            guard let value = Double(text), (0...1).contains(value) else { return nil }
            self = value == 0 ? .never : .probability(value)
        }
    }

    public var description: String {
        switch self {
        case .never: "0"
        case .probability(let value): "\(value)"
        case .every(let count): "every-\(count)"
        }
    }
}
